// When a disk will be full if it goes on filling as it did in the last minutes. Pure.
//
// The rate is that of the straight line through what was free at the moments that were noted: a
// flush, a compaction or a purge in between bends it little.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "oklog/base/time.h"

namespace oklog::node {

inline constexpr duration forecast_sample_every = std::chrono::seconds(10);
inline constexpr duration forecast_span = std::chrono::minutes(10);     // what the rate is taken of
inline constexpr duration forecast_span_min = std::chrono::minutes(1);  // before it says anything
inline constexpr duration forecast_max = std::chrono::hours(24 * 365);  // beyond: not filling

class fill_forecast {
 public:
  // Any number of times; one in ten seconds is kept.
  void note(boot_time now, std::uint64_t free_bytes);

  // Bytes a second by which the free space shrinks; 0 or less where it does not, nothing where too
  // little is known.
  std::optional<double> rate() const;
  // From the last note until only `reserve` bytes are free; 0 where that is so already. Nothing
  // where the disk is not filling, or too little is known.
  std::optional<duration> full_in(std::uint64_t reserve) const;

 private:
  struct sample {
    boot_time when;
    std::uint64_t free_bytes;
  };
  std::deque<sample> samples_;  // oldest first; at most forecast_span / forecast_sample_every + 1
  std::uint64_t last_free_ = 0;
};

}  // namespace oklog::node
