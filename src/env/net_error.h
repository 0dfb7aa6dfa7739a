// What an error of the network means for the caller (the errors of net.h).
#pragma once

#include <boost/system/error_code.hpp>
#include <string>

#include "oklog/base/result.h"

namespace oklog::env {

errc net_errc(const boost::system::error_code& ec);
// "connect to 10.0.0.1:7651: Connection refused"
error net_error(std::string what, const boost::system::error_code& ec);
error net_error(std::string what, int number);

// What every operation of a stopped task answers.
inline error stopped(std::string what) {
  return fail(errc::cancelled, std::move(what) + ": stopped");
}

}  // namespace oklog::env
