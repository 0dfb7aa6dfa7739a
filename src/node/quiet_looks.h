// When a store that owes something counts as silent: looks, not time, since after a pause of this
// node itself nobody else is to blame.
#pragma once

#include "oklog/api/part_frames.h"

namespace oklog::node {

inline constexpr duration quiet_look_every = std::chrono::milliseconds(100);
inline constexpr auto quiet_looks = static_cast<unsigned>(api::part_quiet / quiet_look_every);

}  // namespace oklog::node
