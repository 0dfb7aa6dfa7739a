#include "cmd/oklog/seen_records.h"

#include <algorithm>

#include "cmd/oklog/wire_lines.h"

namespace oklog::cmd {
namespace {

ulid overlap_before(std::uint64_t ms) {
  constexpr auto overlap = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(follow_overlap).count());
  return ulid::lowest(ms > overlap ? ms - overlap : 0);
}

std::uint64_t ms_of(wall_time t) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(unix_ms(t), 0)) & ulid::ms_max;
}

ulid next(const ulid& id) {
  return {id.hi + (id.lo == ~0ULL ? 1 : 0), id.lo + 1};
}

}  // namespace

bool seen_records::is_new(std::string_view line, wall_time now) {
  const std::string_view text = ulid_text_of(line);
  const auto id = parse_ulid(text);
  if (!id || *id < begin_) return true;
  const auto behind = static_cast<std::size_t>(text.data() + text.size() - line.data());
  if (!records_.insert({*id, xxh3_64(line.substr(behind))}).second) return false;
  begin_at(overlap_before(std::min(id->ms(), ms_of(now))));
  if (records_.size() > records_max_) begin_at(next(records_.begin()->id));
  return true;
}

void seen_records::caught_up(wall_time now) {
  begin_at(overlap_before(ms_of(now)));
}

void seen_records::begin_at(const ulid& begin) {
  if (begin <= begin_) return;
  begin_ = begin;
  records_.erase(records_.begin(), records_.lower_bound({begin, 0}));
}

}  // namespace oklog::cmd
