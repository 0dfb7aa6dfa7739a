#include "oklog/query/histogram.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oklog/query/record_writer.h"

namespace oklog {

histogram_axis histogram_axis::over(const ulid& from, const ulid& to, std::uint32_t buckets) {
  histogram_axis axis;
  const std::uint64_t span = to.ms() - from.ms() + 1;
  axis.begin_ms = from.ms();
  axis.width_ms = std::max<std::uint64_t>((span + buckets - 1) / buckets, 1);
  axis.buckets = buckets;
  return axis;
}

void time_histogram::add(std::string_view topic, std::uint32_t bucket, std::uint64_t matches) {
  if (matches == 0) return;
  auto at = topics_.find(topic);
  if (at == topics_.end()) {
    if ((topics_.size() + 1) * axis_.buckets > histogram_counts_max) topic = other_topics;
    at = topics_.find(topic);
  }
  if (at == topics_.end()) {
    at = topics_.emplace(topic, std::vector<std::uint64_t>(axis_.buckets)).first;
  }
  at->second[bucket] += matches;
  total_ += matches;
}

void time_histogram::add(const time_histogram& other) {
  for (const auto& [topic, counts] : other.topics_) {
    for (std::uint32_t i = 0; i < counts.size(); ++i) add(topic, i, counts[i]);
  }
}

std::string to_json(const time_histogram& h, const coverage& c, const query_stats& s) {
  nlohmann::ordered_json j;
  j["from"] = format_ulid_time(ulid::lowest(h.axis().begin_ms));
  j["from_ms"] = h.axis().begin_ms;
  j["width_ms"] = h.axis().width_ms;
  j["total"] = h.total();
  std::vector<std::uint64_t> all(h.axis().buckets);
  for (const auto& [topic, counts] : h.by_topic()) {
    for (std::size_t i = 0; i < counts.size(); ++i) all[i] += counts[i];
  }
  j["counts"] = all;
  j["topics"] = h.by_topic();
  j["answer"] = nlohmann::ordered_json::parse(to_json(c, s));
  return j.dump();
}

}  // namespace oklog
