// A query: what a person asked, checked. One value for the CLI, HTTP and the scan.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/query/matcher.h"

namespace oklog {

enum class output_format { text, json };

struct query {
  ulid from = ulid_min;  // inclusive
  ulid to = ulid_max;    // inclusive
  std::string q;
  bool regex = false;
  std::vector<std::string> topics;  // empty: all
  output_format format = output_format::text;
  bool count_only = false;          // count=1: the number alone
  bool mark_continuations = false;  // continuation=mark: '+' instead of SP behind the ULID
  std::shared_ptr<const matcher> match;
};

// Decoded URL parameters, in order.
using parameters = std::vector<std::pair<std::string, std::string>>;

// from, to: ULID, RFC 3339, duration ago ("5m", "-5m"), or "now". A missing `from` is an hour ago, a
// missing `to` is now. Times are whole milliseconds, both ends inclusive. Errors: invalid, with the
// parameter's name and what was expected ("parsing 'from': x: can't parse as ...").
result<query> parse_query(const parameters& params, wall_time now);
result<ulid> parse_from(std::string_view text, wall_time now);
result<ulid> parse_to(std::string_view text, wall_time now);

// What answering cost and covered; parts add up.
struct query_stats {
  std::uint64_t nodes_queried = 0;
  std::uint64_t segments_queried = 0;
  std::uint64_t max_data_set_bytes = 0;  // sum over nodes
  std::uint64_t error_count = 0;
  std::uint64_t blocks_read = 0;
  std::uint64_t blocks_skipped = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t records_matched = 0;
  void add(const query_stats& other);
};

enum class coverage_state { full, degraded, partial };
std::string_view name(coverage_state s);

// What an answer covers (rule K19). On one node: partial where a segment could not be read or lies in
// quarantine with an unknown range.
struct coverage {
  coverage_state state = coverage_state::full;
  std::vector<std::string> missing;  // sentences for people: which source, why
  std::optional<wall_time> since;    // complete from here on: the retention floor
  void add(const coverage& other);
};
std::string to_json(const coverage& c, const query_stats& s);

// One record as the wire has it: "ULID SP line LF", or a JSON object and LF with ulid, time, topic,
// line (or line_base64 where the text is not UTF-8), continuation where true.
void append_record(std::string& out, const record_view& r, const query& q);

}  // namespace oklog
