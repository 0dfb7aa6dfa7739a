#include "oklog/query/query.h"

#include <algorithm>
#include <array>
#include <optional>

#include "oklog/query/terminal.h"
#include "oklog/record/topic.h"

namespace oklog {
namespace {

std::optional<std::string_view> first_of(const parameters& params, std::string_view name) {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool is_no(std::string_view value) {
  std::string lower(value);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower == "false" || lower == "0" || lower == "no";
}

bool flag(const parameters& params, std::string_view name) {
  const auto value = first_of(params, name);
  return value && !is_no(*value);
}

error bad_value(std::string_view name, std::string_view value, std::string_view expected) {
  return fail(errc::invalid, "parsing '" + std::string(name) + "': " + excerpt(value) + ": " +
                                 std::string(expected));
}

result<std::vector<std::string>> parse_topics(const parameters& params) {
  std::vector<std::string> topics;
  for (const auto& [key, value] : params) {
    if (key != "topic") continue;
    if (!valid_topic(value)) {
      return bad_value("topic", value, "not a topic name (letters, digits, then also _ and -)");
    }
    topics.push_back(value);
  }
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  return topics;
}

result<output_format> parse_format(const parameters& params) {
  const std::string_view value = first_of(params, "format").value_or("text");
  if (value == "text") return output_format::text;
  if (value == "json") return output_format::json;
  return bad_value("format", value, "neither text nor json");
}

result<bool> parse_continuation(const parameters& params) {
  const auto value = first_of(params, "continuation");
  if (!value) return false;
  if (*value == "mark") return true;
  return bad_value("continuation", *value, "the only value is mark");
}

duration parse_window(const parameters& params) {
  const auto value = first_of(params, "window");
  if (!value) return stream_window_default;
  const auto window = parse_duration(*value);
  return window ? std::max(*window, stream_window_min) : stream_window_default;
}

result<> parse_range(const parameters& params, wall_time now, query& q) {
  TRY_LET(q.from, parse_from(first_of(params, "from").value_or("1h"), now));
  TRY_LET(q.to, parse_to(first_of(params, "to").value_or("now"), now));
  if (q.from <= q.to) return {};
  return fail(errc::invalid, "'from' (" + format(q.from) + ") is later than 'to' (" + format(q.to) +
                                 "): nothing can lie between them");
}

}  // namespace

bool query::wants_topic(std::string_view topic) const {
  return topics.empty() || std::binary_search(topics.begin(), topics.end(), topic);
}

result<query> parse_query(const parameters& params, wall_time now) {
  query q;
  TRY(parse_range(params, now, q));
  TRY_LET(q.topics, parse_topics(params));
  TRY_LET(q.format, parse_format(params));
  TRY_LET(q.mark_continuations, parse_continuation(params));
  q.q = first_of(params, "q").value_or("");
  q.regex = flag(params, "regex");
  q.count_only = flag(params, "count");
  q.summary_line = flag(params, "summary") && q.format == output_format::json;
  q.window = parse_window(params);
  TRY_LET(matcher m, matcher::make(q.q, q.regex));
  q.match = std::make_shared<const matcher>(std::move(m));
  return q;
}

}  // namespace oklog
