// How long to wait before the next try: 16 ms, doubling to 1024 ms, as Go's OK Log does.
#pragma once

#include <chrono>

namespace oklog {

class backoff {
 public:
  // The wait before the next try.
  std::chrono::milliseconds next() {
    const auto now = wait_;
    if (wait_ < longest) wait_ *= 2;
    return now;
  }
  void reset() { wait_ = shortest; }

 private:
  static constexpr std::chrono::milliseconds shortest{16};
  static constexpr std::chrono::milliseconds longest{1024};
  std::chrono::milliseconds wait_ = shortest;
};

}  // namespace oklog
