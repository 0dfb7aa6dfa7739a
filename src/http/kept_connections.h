// Connections of a client that have been used and may be used again: of each server the last one.
// The one that was used longest ago goes first where there are too many; none rests for longer than
// half of what a server bears, so that it hardly ever closes while a request is on its way.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "oklog/env/env.h"

namespace oklog::http {

inline constexpr std::size_t kept_connections_max = 16;
inline constexpr duration kept_idle_max = std::chrono::seconds(30);

class kept_connections {
 public:
  explicit kept_connections(const env::clock& clock) : clock_(clock) {}

  // Null where there is none that can be used.
  std::unique_ptr<env::stream> take(const std::string& authority);
  void keep(std::string authority, std::unique_ptr<env::stream> stream);

 private:
  struct kept {
    std::string authority;
    std::unique_ptr<env::stream> stream;
    boot_time since;
  };
  void drop_old();

  const env::clock& clock_;
  std::list<kept> all_;  // the last used last
};

}  // namespace oklog::http
