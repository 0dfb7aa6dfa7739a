#include "oklog/query/coverage.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oklog/query/terminal.h"

namespace oklog {
namespace {

// The summary is a trailer, and those who read it bear 16 KiB of trailers.
constexpr std::size_t missing_bytes_max = 4 << 10;
constexpr std::size_t given_up_bytes_max = 2 << 10;

// Names of files are bytes, JSON is UTF-8. What is too much is counted.
nlohmann::ordered_json list_of(const std::vector<std::string>& sentences, std::size_t bytes_max) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::size_t bytes = 0;
  for (const std::string& sentence : sentences) {
    std::string shown = printable(sentence);
    bytes += shown.size();
    if (!list.empty() && bytes > bytes_max) {
      list.push_back("and " + std::to_string(sentences.size() - list.size()) + " more");
      break;
    }
    list.push_back(std::move(shown));
  }
  return list;
}

// To the microsecond.
double seconds(duration d) {
  return static_cast<double>(std::chrono::round<std::chrono::microseconds>(d).count()) / 1e6;
}

}  // namespace

void query_stats::add(const query_stats& other) {
  nodes_queried += other.nodes_queried;
  segments_queried += other.segments_queried;
  max_data_set_bytes += other.max_data_set_bytes;
  error_count += other.error_count;
  blocks += other.blocks;
  blocks_skipped_time += other.blocks_skipped_time;
  blocks_skipped_topic += other.blocks_skipped_topic;
  blocks_skipped_filter += other.blocks_skipped_filter;
  blocks_counted += other.blocks_counted;
  blocks_read += other.blocks_read;
  bytes_read += other.bytes_read;
  filter_bytes_read += other.filter_bytes_read;
  text_bytes += other.text_bytes;
  records_matched += other.records_matched;
  plan_time += other.plan_time;
  read_time += other.read_time;
  decode_time += other.decode_time;
  search_time += other.search_time;
  merge_time += other.merge_time;
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
  given_up.insert(given_up.end(), other.given_up.begin(), other.given_up.end());
  if (other.since && (!since || *since < *other.since)) since = other.since;
}

void coverage::add_missing(std::string sentence) {
  state = coverage_state::partial;
  missing.push_back(std::move(sentence));
}

std::string to_json(const coverage& c, const query_stats& s) {
  nlohmann::ordered_json j;
  j["coverage"] = name(c.state);
  j["missing"] = list_of(c.missing, missing_bytes_max);
  if (!c.given_up.empty()) j["given_up"] = list_of(c.given_up, given_up_bytes_max);
  if (c.since) j["since"] = format_rfc3339(*c.since);
  j["records"] = s.records_matched;
  j["errors"] = s.error_count;
  j["nodes"] = s.nodes_queried;
  j["segments"] = s.segments_queried;
  j["data_set_bytes"] = s.max_data_set_bytes;
  j["blocks"] = {{"considered", s.blocks},
                 {"skipped_by_time", s.blocks_skipped_time},
                 {"skipped_by_topic", s.blocks_skipped_topic},
                 {"skipped_by_filter", s.blocks_skipped_filter},
                 {"counted_from_index", s.blocks_counted},
                 {"read", s.blocks_read}};
  j["bytes"] = {
      {"blocks_read", s.bytes_read}, {"filters_read", s.filter_bytes_read}, {"text", s.text_bytes}};
  j["seconds"] = {{"plan", seconds(s.plan_time)},
                  {"read", seconds(s.read_time)},
                  {"decode", seconds(s.decode_time)},
                  {"search", seconds(s.search_time)},
                  {"merge", seconds(s.merge_time)}};
  return j.dump();
}

}  // namespace oklog
