// The time of the world: the only place where anybody learns it.
#pragma once

#include "oklog/base/time.h"

namespace oklog::env {

class clock {
 public:
  virtual ~clock() = default;
  // CLOCK_REALTIME: may jump both ways.
  virtual wall_time now() const = 0;
  // CLOCK_BOOTTIME: only forward, also over a suspend.
  virtual boot_time boot() const = 0;
};

}  // namespace oklog::env
