#include "oklog/env/net.h"

namespace oklog::env {

std::string format(const endpoint& e) {
  const bool v6 = e.ip.find(':') != std::string::npos;
  return (v6 ? "[" + e.ip + "]" : e.ip) + ":" + std::to_string(e.port);
}

}  // namespace oklog::env
