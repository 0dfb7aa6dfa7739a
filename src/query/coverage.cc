#include "oklog/query/coverage.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oklog/query/terminal.h"

namespace oklog {

void query_stats::add(const query_stats& other) {
  nodes_queried += other.nodes_queried;
  segments_queried += other.segments_queried;
  max_data_set_bytes += other.max_data_set_bytes;
  error_count += other.error_count;
  blocks_read += other.blocks_read;
  blocks_skipped += other.blocks_skipped;
  bytes_read += other.bytes_read;
  records_matched += other.records_matched;
}

std::string_view name(coverage_state s) {
  switch (s) {
    case coverage_state::full:
      return "full";
    case coverage_state::degraded:
      return "degraded";
    case coverage_state::partial:
      return "partial";
  }
  return "partial";
}

void coverage::add(const coverage& other) {
  state = std::max(state, other.state);
  missing.insert(missing.end(), other.missing.begin(), other.missing.end());
  if (other.since && (!since || *since < *other.since)) since = other.since;
}

void coverage::add_missing(std::string sentence) {
  state = coverage_state::partial;
  missing.push_back(std::move(sentence));
}

std::string to_json(const coverage& c, const query_stats& s) {
  nlohmann::ordered_json j;
  j["coverage"] = name(c.state);
  j["missing"] = nlohmann::ordered_json::array();
  // Names of files are bytes, JSON is UTF-8.
  for (const std::string& sentence : c.missing) j["missing"].push_back(printable(sentence));
  if (c.since) j["since"] = format_rfc3339(*c.since);
  j["records"] = s.records_matched;
  j["errors"] = s.error_count;
  j["nodes"] = s.nodes_queried;
  j["segments"] = s.segments_queried;
  j["data_set_bytes"] = s.max_data_set_bytes;
  j["blocks_read"] = s.blocks_read;
  j["blocks_skipped"] = s.blocks_skipped;
  j["bytes_read"] = s.bytes_read;
  return j.dump();
}

}  // namespace oklog
