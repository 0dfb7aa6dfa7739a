// Work in the background that is to leave room for others: so many bytes a second, evenly. Loop
// thread only.
#pragma once

#include <algorithm>

#include "oklog/env/env.h"

namespace oklog::node {

class pace {
 public:
  // 0: as fast as it goes.
  pace(env::environment env, std::uint64_t bytes_per_second)
      : env_(env), bytes_per_second_(bytes_per_second) {}

  // Returns when so many bytes more may have been moved.
  env::awaitable<void> spend(std::uint64_t bytes) {
    if (bytes_per_second_ == 0) co_return;
    const boot_time now = env_.clock.boot();
    next_ = std::max(next_, now) + time_for(bytes);
    if (next_ - now > slack) co_await env_.loop.sleep(next_ - now);
  }
  duration time_for(std::uint64_t bytes) const {
    if (bytes_per_second_ == 0) return {};
    const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second_);
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  }

 private:
  static constexpr duration slack = std::chrono::milliseconds(10);  // shorter ones are saved up

  env::environment env_;
  std::uint64_t bytes_per_second_;
  boot_time next_{};
};

}  // namespace oklog::node
