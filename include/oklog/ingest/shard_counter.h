// Which shard a flushed segment is stamped with (rule K6): one number until 128 MiB of segments
// were flushed in a window, then the next, from 0 in each window. So small installations make few
// files, large ones spread evenly.
//
// Pure. Rebuilt at start-up from the segments that are found; what was consumed before is
// forgotten, so that a number may take a little more than its share, which does no harm.
#pragma once

#include <cstdint>
#include <map>

namespace oklog::ingest {

inline constexpr std::uint64_t shard_bytes = 128 * 1024 * 1024;

class shard_counter {
 public:
  // The shard of a segment of `bytes` whose first record lies in `window`; counts it.
  std::uint32_t take(std::uint64_t window, std::uint64_t bytes);
  // A segment that carries its stamp already.
  void note(std::uint64_t window, std::uint32_t shard, std::uint64_t bytes);

 private:
  struct state {
    std::uint32_t shard = 0;
    std::uint64_t bytes = 0;
  };
  void forget_old();
  std::map<std::uint64_t, state> windows_;
};

}  // namespace oklog::ingest
