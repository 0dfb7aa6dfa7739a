#include "oklog/store/catalogue.h"

#include <algorithm>

#include "oklog/base/bytes.h"
#include "oklog/segment/names.h"
#include "oklog/store/store_log.h"

namespace oklog {

bool catalogue_partition::sound() const {
  std::uint64_t records = 0;
  std::uint64_t sum = 0;
  for (const catalogue_segment& s : segments) {
    const bool ours = s.min <= s.max && window_of(s.min) == where.window &&
                      window_of(s.max) == where.window && s.records > 0;
    if (!ours) return false;
    records += s.records;
    sum += s.bytes;
  }
  return !segments.empty() && records == digest.count && sum == bytes;
}

std::uint64_t catalogue_partition::records_within(const ulid& min, const ulid& max) const {
  std::uint64_t most = 0;
  for (const catalogue_segment& s : segments) {
    if (s.min <= max && min <= s.max) most += s.records;
  }
  return most;
}

std::size_t store_catalogue::segments() const {
  std::size_t n = 0;
  for (const catalogue_partition& p : partitions) n += p.segments.size();
  return n;
}

const catalogue_partition* store_catalogue::find(const partition& where) const {
  const auto at = std::lower_bound(
      partitions.begin(), partitions.end(), where,
      [](const catalogue_partition& p, const partition& w) { return p.where < w; });
  return at != partitions.end() && at->where == where ? &*at : nullptr;
}

hash128 store_catalogue::fingerprint() const {
  std::string bytes = store_id;
  const auto number = [&bytes](std::uint64_t n) { put_int(bytes, n); };
  const auto hash = [&](const hash128& h) {
    number(h.hi);
    number(h.lo);
  };
  number(floor);
  for (const catalogue_partition& p : partitions) {
    number(p.where.window);
    number(p.where.shard);
    number(p.digest.count);
    hash(p.digest.sum);
    number(p.bytes);
    number((p.settled ? 1U : 0U) | (p.damaged ? 2U : 0U) | (p.releasing ? 4U : 0U));
    number(p.segments.size());
    for (const catalogue_segment& s : p.segments) {
      number(s.name.size());
      bytes += s.name;
      hash(s.hash);
      number(s.records);
      number(s.bytes);
      for (const ulid& id : {s.min, s.max}) {
        number(id.hi);
        number(id.lo);
      }
      number(s.damaged ? 1 : 0);
    }
  }
  return xxh3_128(bytes);
}

std::optional<catalogue_partition> store_log::describe(const partition& where) const {
  const auto at = partitions_.find(where);
  if (at == partitions_.end()) return std::nullopt;
  catalogue_partition p;
  p.where = where;
  p.settled = at->second.settled;
  p.releasing = marked_.contains(where);
  for (const auto& [name, s] : at->second.members) {
    const store_footer& f = s->footer;
    const bool damaged = damaged_.count(name) != 0;
    p.segments.push_back({name, f.file_hash, f.digest.count, s->file_bytes, f.min, f.max, damaged});
    p.digest.add(f.digest);
    p.bytes += s->file_bytes;
    // Compaction leaves it out, so what overlaps it is not merged.
    if (damaged) p.settled = false;
    p.damaged = p.damaged || damaged;
  }
  return p;
}

store_catalogue store_log::catalogue(std::uint64_t from, std::uint64_t to) const {
  store_catalogue c;
  c.store_id = store_id();
  c.floor = floor();
  for (auto at = partitions_.lower_bound({from, 0}); at != partitions_.end(); ++at) {
    if (at->first.window > to) break;
    c.partitions.push_back(*describe(at->first));
  }
  return c;
}

std::uint64_t store_log::floor() const {
  const auto retain = std::chrono::floor<std::chrono::milliseconds>(config_.retention.retain);
  const std::int64_t watermark = unix_ms(clock_->now()) - retain.count();
  const std::uint64_t by_age =
      watermark > 0 ? static_cast<std::uint64_t>(watermark) / window_ms : 0;
  return std::max(by_age, removed_below());
}

// What retention took lies in the trash for a while.
std::uint64_t store_log::removed_below() const {
  std::uint64_t below = removed_below_;
  for (const auto& [name, bytes] : trash_) {
    const auto parsed = parse_store_name(name);
    const bool expired = parsed && parsed->state == segment_state::trashed;
    if (expired) below = std::max(below, parsed->partition.window + 1);
  }
  return below;
}

bool store_log::has_room_for(std::uint64_t window, std::uint64_t bytes) const {
  std::map<std::uint64_t, std::uint64_t> sizes;
  for (const auto& [name, s] : live_) sizes[s->footer.partition.window] += s->file_bytes;
  sizes[window] += bytes;
  std::vector<window_bytes> windows;
  for (const auto& [w, size] : sizes) windows.push_back({w, size});
  const auto gone = plan_retention(windows, clock_->now(), config_.retention);
  return std::find(gone.begin(), gone.end(), window) == gone.end();
}

}  // namespace oklog
