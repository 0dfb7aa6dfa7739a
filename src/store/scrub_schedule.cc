#include "oklog/store/scrub_schedule.h"

#include <algorithm>

#include "oklog/base/hash.h"

namespace oklog {

scrub_schedule::scrub_schedule(duration every, wall_time now)
    : period_ms_(std::chrono::duration_cast<std::chrono::milliseconds>(every).count()),
      done_ms_(unix_ms(now)) {}

// The first one after what was done.
std::int64_t scrub_schedule::next_moment(const std::string& name) const {
  const auto slot =
      static_cast<std::int64_t>(xxh3_64(name) % static_cast<std::uint64_t>(period_ms_));
  const std::int64_t into = done_ms_ % period_ms_;
  if (slot == into) return name > done_name_ ? done_ms_ : done_ms_ + period_ms_;
  return done_ms_ + (slot > into ? slot - into : slot - into + period_ms_);
}

segment_ptr scrub_schedule::next(const std::vector<segment_ptr>& live, wall_time now) {
  // A clock that was set back holds nothing up. Who is behind by whole periods makes none of them
  // up, and stays where it is in the row.
  const std::int64_t now_ms = std::max<std::int64_t>(unix_ms(now), 0);
  done_ms_ = std::clamp<std::int64_t>(done_ms_, 0, now_ms);
  if (now_ms - done_ms_ > period_ms_) done_ms_ += (now_ms - done_ms_ - 1) / period_ms_ * period_ms_;
  segment_ptr best;
  std::int64_t when = 0;
  for (const segment_ptr& s : live) {
    const std::int64_t at = next_moment(s->name);
    if (at > now_ms) continue;
    const bool sooner = !best || at < when || (at == when && s->name < best->name);
    if (!sooner) continue;
    best = s;
    when = at;
  }
  done_ms_ = best ? when : now_ms;
  done_name_ = best ? best->name : "\x7f";  // behind every name
  return best;
}

}  // namespace oklog
