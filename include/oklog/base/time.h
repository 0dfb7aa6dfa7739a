// The two kinds of time, and how people write them.
//
// wall_time names moments for people and for record ids; it may jump. boot_time only goes forward,
// also while the machine sleeps, and measures every age, lease and timeout. Neither is ever read
// from the system here: env/clock.h hands them out.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/base/result.h"

namespace oklog {

using duration = std::chrono::nanoseconds;
using wall_time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct boot_clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
};
using boot_time = boot_clock::time_point;

inline double in_seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}
inline std::int64_t unix_ms(wall_time t) {
  return std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
inline wall_time from_unix_ms(std::int64_t ms) {
  return wall_time(std::chrono::milliseconds(ms));
}

// Go's notation, as OK Log's flags and headers use it: "1h30m", "100ms", "1.5s", "-5m", "0".
// Units: ns us (or µs) ms s m h; ours adds d (24 h). Error: invalid, naming what was expected.
result<duration> parse_duration(std::string_view text);
// As Go prints it: "1h30m0s", "644.901µs", "0s".
std::string format_duration(duration d);

// RFC 3339 with a zone, fractions to the nanosecond: "2026-11-20T20:46:46.5+01:00".
result<wall_time> parse_rfc3339(std::string_view text);
// UTC, without fraction where it is zero, else with the digits needed (at most nine).
std::string format_rfc3339(wall_time t);

}  // namespace oklog
