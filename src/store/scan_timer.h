// Adds the time until its end to a sum; nothing without a clock.
#pragma once

#include "oklog/env/clock.h"

namespace oklog {

class scan_timer {
 public:
  scan_timer(const env::clock* clock, duration& sum) : clock_(clock), sum_(sum) {
    if (clock_ != nullptr) begun_ = clock_->boot();
  }
  ~scan_timer() {
    if (clock_ != nullptr) sum_ += clock_->boot() - begun_;
  }
  scan_timer(const scan_timer&) = delete;
  scan_timer& operator=(const scan_timer&) = delete;

 private:
  const env::clock* clock_;
  duration& sum_;
  boot_time begun_;
};

}  // namespace oklog
