#include "oklog/query/query.h"

#include <algorithm>
#include <array>
#include <charconv>
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
  if (value == "raw") return output_format::raw;
  return bad_value("format", value, "neither text, json nor raw");
}

result<output_order> parse_order(const parameters& params) {
  const std::string_view value = first_of(params, "order").value_or("asc");
  if (value == "asc") return output_order::ascending;
  if (value == "desc") return output_order::descending;
  return bad_value("order", value, "neither asc nor desc");
}

// A whole number of [min, max]; `preset` where it is not given.
result<std::uint64_t> parse_number(const parameters& params, std::string_view name,
                                   std::uint64_t preset, std::uint64_t min, std::uint64_t max) {
  const auto value = first_of(params, name);
  if (!value) return preset;
  std::uint64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [at, bad] = std::from_chars(value->data(), end, number);
  if (bad == std::errc() && at == end && number >= min && number <= max) return number;
  return bad_value(name, *value,
                   "not a whole number from " + std::to_string(min) +
                       (max == no_limit ? " on" : " to " + std::to_string(max)));
}

result<context_lines> parse_context(const parameters& params) {
  context_lines c;
  TRY_LET(const std::uint64_t before, parse_number(params, "before", 0, 0, context_lines_max));
  TRY_LET(const std::uint64_t after, parse_number(params, "after", 0, 0, context_lines_max));
  c.before = static_cast<std::uint32_t>(before);
  c.after = static_cast<std::uint32_t>(after);
  const std::string_view of = first_of(params, "context").value_or("stream");
  if (of != "stream" && of != "all") return bad_value("context", of, "neither stream nor all");
  c.all_streams = of == "all";
  return c;
}

std::vector<std::string> parse_patterns(const parameters& params) {
  std::vector<std::string> patterns;
  for (const auto& [key, value] : params) {
    if (key == "q") patterns.push_back(value);
  }
  return patterns;
}

// What would have no meaning together.
result<> check_together(const query& q) {
  if (!q.context.wanted()) return {};
  if (q.order == output_order::descending) {
    return fail(errc::invalid, "'before' and 'after' need 'order' asc");
  }
  return {};
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
  q.from_given = first_of(params, "from").has_value();
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
  TRY_LET(q.order, parse_order(params));
  TRY_LET(q.limit, parse_number(params, "limit", no_limit, 1, no_limit));
  TRY_LET(q.context, parse_context(params));
  TRY_LET(const std::uint64_t buckets,
          parse_number(params, "buckets", q.buckets, 1, histogram_buckets_max));
  q.buckets = static_cast<std::uint32_t>(buckets);
  TRY(check_together(q));
  q.patterns = parse_patterns(params);
  q.regex = flag(params, "regex");
  q.ignore_case = flag(params, "i");
  q.invert = flag(params, "invert");
  q.count_only = flag(params, "count");
  q.summary_line = flag(params, "summary") && q.format == output_format::json;
  q.window = parse_window(params);
  TRY_LET(matcher m, matcher::make(q.patterns, {q.regex, q.ignore_case, q.invert}));
  q.match = std::make_shared<const matcher>(std::move(m));
  return q;
}

parameters to_parameters(const query& q) {
  parameters params{{"from", format(q.from)}, {"to", format(q.to)}};
  for (const std::string& topic : q.topics) params.emplace_back("topic", topic);
  for (const std::string& pattern : q.patterns) params.emplace_back("q", pattern);
  if (q.regex) params.emplace_back("regex", "1");
  if (q.ignore_case) params.emplace_back("i", "1");
  if (q.invert) params.emplace_back("invert", "1");
  if (q.order == output_order::descending) params.emplace_back("order", "desc");
  if (q.limit != no_limit) params.emplace_back("limit", std::to_string(q.limit));
  return params;
}

}  // namespace oklog
