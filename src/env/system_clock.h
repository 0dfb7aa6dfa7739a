// env::clock over the kernel's clocks.
#pragma once

#include "oklog/env/clock.h"

namespace oklog::env {

class system_clock final : public clock {
 public:
  wall_time now() const override;
  boot_time boot() const override;
};

// 64 bits of the kernel's entropy. Aborts where there is none.
std::uint64_t system_entropy();

}  // namespace oklog::env
