// Reads what to_json(coverage, query_stats) has written on another node.
#include <nlohmann/json.hpp>

#include "oklog/query/coverage.h"

namespace oklog {
namespace {

using json = nlohmann::json;

constexpr std::size_t summary_bytes_max = 1024 * 1024;
constexpr double seconds_max = 1e9;

const json* member(const json& object, const char* key) {
  const auto at = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && at != object.end() ? &*at : nullptr;
}

std::uint64_t number(const json* of, const char* key) {
  const json* value = of != nullptr ? member(*of, key) : nullptr;
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

duration seconds(const json* of, const char* key) {
  const json* value = of != nullptr ? member(*of, key) : nullptr;
  if (value == nullptr || !value->is_number()) return {};
  const double s = value->get<double>();
  if (!(s >= 0 && s < seconds_max)) return {};
  return std::chrono::microseconds(static_cast<std::int64_t>(s * 1e6 + 0.5));
}

std::optional<coverage_state> state_of(const json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto& text = value->get_ref<const std::string&>();
  for (const auto s : {coverage_state::full, coverage_state::degraded, coverage_state::partial}) {
    if (text == name(s)) return s;
  }
  return std::nullopt;
}

query_stats stats_of(const json& j) {
  query_stats s;
  s.records_matched = number(&j, "records");
  s.error_count = number(&j, "errors");
  s.nodes_queried = number(&j, "nodes");
  s.segments_queried = number(&j, "segments");
  s.max_data_set_bytes = number(&j, "data_set_bytes");
  const json* const blocks = member(j, "blocks");
  s.blocks = number(blocks, "considered");
  s.blocks_skipped_time = number(blocks, "skipped_by_time");
  s.blocks_skipped_topic = number(blocks, "skipped_by_topic");
  s.blocks_skipped_filter = number(blocks, "skipped_by_filter");
  s.blocks_counted = number(blocks, "counted_from_index");
  s.blocks_read = number(blocks, "read");
  const json* const bytes = member(j, "bytes");
  s.bytes_read = number(bytes, "blocks_read");
  s.filter_bytes_read = number(bytes, "filters_read");
  s.text_bytes = number(bytes, "text");
  const json* const times = member(j, "seconds");
  s.plan_time = seconds(times, "plan");
  s.read_time = seconds(times, "read");
  s.decode_time = seconds(times, "decode");
  s.search_time = seconds(times, "search");
  s.merge_time = seconds(times, "merge");
  return s;
}

bool read_sentences(const json* from, std::vector<std::string>& to) {
  if (from == nullptr || !from->is_array()) return false;
  for (const json& sentence : *from) {
    if (!sentence.is_string()) return false;
    to.push_back(sentence.get<std::string>());
  }
  return true;
}

}  // namespace

result<answer_summary> parse_summary(std::string_view text) {
  const error wrong = fail(errc::corruption, "no summary of an answer");
  if (text.size() > summary_bytes_max) return wrong;
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object()) return wrong;
  answer_summary s;
  const auto state = state_of(member(j, "coverage"));
  const json* const missing = member(j, "missing");
  if (!state) return wrong;
  s.covered.state = *state;
  if (!read_sentences(missing, s.covered.missing)) return wrong;
  if (const json* const given_up = member(j, "given_up")) {
    if (!read_sentences(given_up, s.covered.given_up)) return wrong;
  }
  if (const json* const since = member(j, "since")) {
    if (!since->is_string()) return wrong;
    TRY_LET(s.covered.since, parse_rfc3339(since->get_ref<const std::string&>()));
  }
  s.stats = stats_of(j);
  return s;
}

}  // namespace oklog
