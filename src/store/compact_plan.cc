#include <algorithm>
#include <map>

#include "oklog/base/assert.h"
#include "oklog/store/compact.h"

namespace oklog {

namespace {

using segment_list = std::vector<segment_ptr>;

struct id_range {
  ulid min = ulid_max;
  ulid max = ulid_min;
  void add(const ulid& low, const ulid& high) {
    min = std::min(min, low);
    max = std::max(max, high);
  }
  bool meets(const id_range& other) const { return min <= other.max && other.min <= max; }
};
using topic_ranges = std::map<std::string_view, id_range>;

topic_ranges ranges_of(const store_segment& s) {
  topic_ranges ranges;
  const std::string* topic = nullptr;
  id_range* range = nullptr;
  for (const store_block& b : s.footer.blocks) {
    if (topic != &s.footer.topics[b.topic]) {
      topic = &s.footer.topics[b.topic];
      range = &ranges[*topic];
    }
    range->add(b.header.min, b.header.max);
  }
  return ranges;
}

bool meet(const topic_ranges& a, const topic_ranges& b) {
  const topic_ranges& few = a.size() < b.size() ? a : b;
  const topic_ranges& many = a.size() < b.size() ? b : a;
  return std::any_of(few.begin(), few.end(), [&](const auto& f) {
    const auto found = many.find(f.first);
    return found != many.end() && found->second.meets(f.second);
  });
}

std::uint64_t sum_bytes(const segment_list& list) {
  std::uint64_t sum = 0;
  for (const segment_ptr& s : list) sum += s->file_bytes;
  return sum;
}

bool earlier(const segment_ptr& a, const segment_ptr& b) {
  return a->footer.min != b->footer.min ? a->footer.min < b->footer.min : a->name < b->name;
}

// Records that come next begin about where these end: the last of them stay out of a full segment.
ulid seam_of(const segment_list& inputs, const compact_config& config) {
  std::uint64_t min = ulid::ms_max;
  std::uint64_t max = 0;
  for (const segment_ptr& s : inputs) {
    min = std::min(min, s->footer.min.ms());
    max = std::max(max, s->footer.max.ms());
  }
  const auto wanted = std::chrono::floor<std::chrono::milliseconds>(config.seam).count();
  const std::uint64_t seam = std::min(static_cast<std::uint64_t>(wanted), (max - min) / 8);
  return seam == 0 ? ulid_max : ulid::lowest(max - seam);
}

// The small ones, once they make a full one or are too many. One that is larger than half of what
// would join it waits for its like, so that a trickle does not rewrite it again and again.
compact_plan plan_open(const segment_list& sorted, const compact_config& config) {
  segment_list small;
  for (const segment_ptr& s : sorted) {
    if (s->file_bytes < config.target_bytes / 2) small.push_back(s);
  }
  std::uint64_t sum = sum_bytes(small);
  if (sum < config.target_bytes) {
    if (small.size() < config.inputs_max) return {};
    std::sort(small.begin(), small.end(), [](const segment_ptr& a, const segment_ptr& b) {
      return a->file_bytes != b->file_bytes ? a->file_bytes > b->file_bytes : a->name < b->name;
    });
    std::size_t skip = 0;
    while (skip + 2 < small.size() &&
           small[skip]->file_bytes > (sum - small[skip]->file_bytes) / 2) {
      sum -= small[skip++]->file_bytes;
    }
    small.erase(small.begin(), small.begin() + static_cast<std::ptrdiff_t>(skip));
    std::sort(small.begin(), small.end(), earlier);
  }
  if (small.size() < 2) return {};
  if (small.size() > config.inputs_max) small.resize(config.inputs_max);
  const ulid seam = seam_of(small, config);
  return {compact_kind::sequential, std::move(small), seam};
}

// All that meet `chosen` in a topic, and what meets those: afterwards no output can overlap a
// segment that stays.
void close_over(const std::vector<topic_ranges>& ranges, std::vector<bool>& chosen) {
  topic_ranges hull;
  const auto join = [&](std::size_t i) {
    for (const auto& [topic, range] : ranges[i]) hull[topic].add(range.min, range.max);
  };
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (chosen[i]) join(i);
  }
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (chosen[i] || !meet(hull, ranges[i])) continue;
      chosen[i] = more = true;
      join(i);
    }
  }
}

// The chosen as a plan; it is an overlapping one where any two of them meet.
compact_plan take(const segment_list& sorted, const std::vector<topic_ranges>& ranges,
                  const std::vector<bool>& chosen) {
  compact_plan plan;
  plan.kind = compact_kind::sequential;
  topic_ranges hull;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (!chosen[i]) continue;
    if (meet(hull, ranges[i])) plan.kind = compact_kind::overlapping;
    for (const auto& [topic, range] : ranges[i]) hull[topic].add(range.min, range.max);
    plan.inputs.push_back(sorted[i]);
  }
  return plan;
}

// Small neighbours [from, to) worth one merge: none much larger than the others together.
bool worthwhile(const segment_list& sorted, std::size_t& from, std::size_t& to) {
  while (to - from >= 2) {
    std::uint64_t sum = 0;
    std::size_t largest = from;
    for (std::size_t i = from; i < to; ++i) {
      sum += sorted[i]->file_bytes;
      if (sorted[i]->file_bytes > sorted[largest]->file_bytes) largest = i;
    }
    const std::uint64_t most = sorted[largest]->file_bytes;
    if (most / 4 <= sum - most) return true;
    if (largest - from > to - largest - 1) {
      to = largest;
    } else {
      from = largest + 1;
    }
  }
  return false;
}

// Small neighbours first, with what they overlap, so that those need no second merge.
compact_plan plan_at_rest(const segment_list& sorted, const compact_config& config) {
  std::vector<topic_ranges> ranges;
  ranges.reserve(sorted.size());
  for (const segment_ptr& s : sorted) ranges.push_back(ranges_of(*s));
  const auto small = [&](std::size_t i) { return sorted[i]->file_bytes < config.target_bytes / 2; };
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    while (end < sorted.size() && end - i < config.inputs_max && small(end)) ++end;
    std::size_t from = i;
    std::size_t to = end;
    if (worthwhile(sorted, from, to)) {
      std::vector<bool> chosen(sorted.size(), false);
      for (std::size_t k = from; k < to; ++k) chosen[k] = true;
      close_over(ranges, chosen);
      return take(sorted, ranges, chosen);
    }
    i = std::max(end, i + 1);
  }
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    std::vector<bool> chosen(sorted.size(), false);
    chosen[i] = true;
    close_over(ranges, chosen);
    if (std::count(chosen.begin(), chosen.end(), true) > 1) {
      return take(sorted, ranges, chosen);
    }
  }
  return {};
}

}  // namespace

compact_plan plan_compaction(const std::vector<segment_ptr>& segments, bool at_rest,
                             const compact_config& config) {
  if (segments.size() < 2) return {};
  segment_list sorted = segments;
  std::sort(sorted.begin(), sorted.end(), earlier);
  for (const segment_ptr& s : sorted) {
    ASSERT(s->footer.partition == sorted.front()->footer.partition, "one partition a plan");
  }
  return at_rest ? plan_at_rest(sorted, config) : plan_open(sorted, config);
}

}  // namespace oklog
