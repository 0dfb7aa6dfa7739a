#include "env/system_clock.h"

#include <sys/random.h>
#include <time.h>

#include "env/posix_error.h"
#include "oklog/base/assert.h"

namespace oklog::env {

namespace {

duration read_clock(clockid_t id) {
  timespec ts{};
  const int rc = ::clock_gettime(id, &ts);
  ASSERT(rc == 0, "the kernel has no such clock");
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace

wall_time system_clock::now() const {
  return wall_time(read_clock(CLOCK_REALTIME));
}
boot_time system_clock::boot() const {
  return boot_time(read_clock(CLOCK_BOOTTIME));
}

std::uint64_t system_entropy() {
  std::uint64_t value = 0;
  const auto n = uninterrupted([&] { return ::getrandom(&value, sizeof value, 0); });
  ASSERT(n == sizeof value, "the kernel gives no entropy");
  return value;
}

}  // namespace oklog::env
