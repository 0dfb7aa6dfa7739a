#include "oklog/ingest/shard_counter.h"

namespace oklog::ingest {
namespace {

// Late segments are rare and a window may start again at 0 without harm.
constexpr std::size_t windows_max = 64;

}  // namespace

std::uint32_t shard_counter::take(std::uint64_t window, std::uint64_t bytes) {
  state& s = windows_[window];
  if (s.bytes >= shard_bytes) {
    ++s.shard;
    s.bytes = 0;
  }
  s.bytes += bytes;
  const std::uint32_t shard = s.shard;
  forget_old();
  return shard;
}

void shard_counter::note(std::uint64_t window, std::uint32_t shard, std::uint64_t bytes) {
  state& s = windows_[window];
  if (shard > s.shard) s = {shard, 0};
  if (shard == s.shard) s.bytes += bytes;
  forget_old();
}

void shard_counter::forget_old() {
  while (windows_.size() > windows_max) windows_.erase(windows_.begin());
}

}  // namespace oklog::ingest
