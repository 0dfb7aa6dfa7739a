// Matches counted over time: spans of equal width, per topic. A plain count has one span.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/ulid.h"
#include "oklog/query/coverage.h"

namespace oklog {

inline constexpr std::uint32_t histogram_buckets_max = 10'000;
// Memory: beyond so many counts, further topics are counted together.
inline constexpr std::size_t histogram_counts_max = 1 << 20;
inline constexpr std::string_view other_topics = "";  // no topic has this name

// [begin_ms, begin_ms + buckets * width_ms) holds all times that are asked about.
struct histogram_axis {
  std::uint64_t begin_ms = 0;
  std::uint64_t width_ms = ulid::ms_max + 1;
  std::uint32_t buckets = 1;

  // The narrowest whole width at which `buckets` spans cover both times.
  static histogram_axis over(const ulid& from, const ulid& to, std::uint32_t buckets);
  // REQUIRES: a time that the axis covers.
  std::uint32_t bucket_of(std::uint64_t ms) const {
    return static_cast<std::uint32_t>((ms - begin_ms) / width_ms);
  }
};

class time_histogram {
 public:
  explicit time_histogram(histogram_axis axis = {}) : axis_(axis) {}

  const histogram_axis& axis() const { return axis_; }
  void add(std::string_view topic, std::uint32_t bucket, std::uint64_t matches);
  // REQUIRES: the same axis.
  void add(const time_histogram& other);
  std::uint64_t total() const { return total_; }
  const std::map<std::string, std::vector<std::uint64_t>, std::less<>>& by_topic() const {
    return topics_;
  }

 private:
  histogram_axis axis_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> topics_;
  std::uint64_t total_ = 0;
};

// One object, one line: {"from":..., "width_ms":..., "total":..., "counts":[...],
// "topics":{"web":[...], ...}, "coverage":{...}}.
std::string to_json(const time_histogram& h, const coverage& c, const query_stats& s);

}  // namespace oklog
