// Reads a little more of a segment that is being checked, behind everything else that the disk and
// the processors have to do.
#pragma once

#include "node/pace.h"
#include "oklog/env/env.h"
#include "oklog/segment/segment_check.h"

namespace oklog::node {

inline constexpr std::uint64_t check_slice_bytes = 512 * 1024;

// How many bytes that were; returns when `tempo` allows the next ones. All outlive the call.
// Error: io.
inline env::awaitable<result<std::uint64_t>> check_slice(env::environment env, segment_check& check,
                                                         pace& tempo) {
  const std::uint64_t before = check.bytes_read();
  const auto step = [&check] { return check.step(check_slice_bytes); };
  const auto read = co_await env::offload(env.loop, step, env::lane::search);
  if (!read) co_return read.error();
  const std::uint64_t bytes = check.bytes_read() - before;
  co_await tempo.spend(bytes);
  co_return bytes;
}

}  // namespace oklog::node
