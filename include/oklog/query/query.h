// A query: what a person asked, checked. One value for the CLI, HTTP and the scan.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/query/coverage.h"
#include "oklog/query/histogram.h"
#include "oklog/query/matcher.h"

namespace oklog {

enum class output_format { text, json, raw };
enum class output_order { ascending, descending };  // by ULID

// Records around each match that are shown with it.
struct context_lines {
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  bool all_streams = false;  // neighbours in the order of all records, not of the match's stream
  bool wanted() const { return before > 0 || after > 0; }
};
inline constexpr std::uint32_t context_lines_max = 1000;

inline constexpr std::uint64_t no_limit = ~0ULL;

inline constexpr duration stream_window_default = std::chrono::seconds(3);
inline constexpr duration stream_window_min = std::chrono::milliseconds(100);

struct query {
  ulid from = ulid_min;               // inclusive
  ulid to = ulid_max;                 // inclusive
  bool from_given = false;            // not the default
  std::vector<std::string> patterns;  // any of them; none: everything
  bool regex = false;
  bool ignore_case = false;
  bool invert = false;              // the records that do not match
  std::vector<std::string> topics;  // sorted, each once; empty: all
  output_format format = output_format::text;
  output_order order = output_order::ascending;
  std::uint64_t limit = no_limit;  // at most so many matches, the first in order
  context_lines context;
  std::uint32_t buckets = 60;               // of a histogram
  bool count_only = false;                  // count=1: the number alone
  bool summary_line = false;                // summary=1, JSON: the coverage once more, as last line
  bool mark_continuations = false;          // continuation=mark: '+' instead of SP behind the ULID
  duration window = stream_window_default;  // of a stream: how long it looks for duplicates
  std::shared_ptr<const matcher> match;     // of the patterns; never null in a parsed query

  bool wants_topic(std::string_view topic) const;
};

// Decoded URL parameters, in order. Of one that is given twice the first counts, except `topic` and
// `q`, of which all do.
using parameters = std::vector<std::pair<std::string, std::string>>;

// from, to: ULID (compared whole), RFC 3339, duration ago ("5m", "-5m"), or "now". A missing `from`
// is an hour ago, a missing `to` is now. Times are whole milliseconds, both ends inclusive.
// regex, i, invert, count, summary: yes where present, unless false, 0 or no. order: asc, desc.
// limit: from 1. before, after: 0 to context_lines_max; context: stream, all. buckets: 1 to
// histogram_buckets_max. Other parameters are ignored.
// `window` that cannot be read is its default, as in Go. Errors: invalid, with the parameter's
// name, its value (escaped and cut), and what was expected.
result<query> parse_query(const parameters& params, wall_time now);
// What another node must be told to find the same records: all but how they are shown, counted and
// surrounded. parse_query() of it asks the same, whenever.
parameters to_parameters(const query& q);
result<ulid> parse_from(std::string_view text, wall_time now);
result<ulid> parse_to(std::string_view text, wall_time now);

// Go OK Log's headers, which its client needs, and ours: X-Oklog-Coverage. No user text as it came:
// X-Oklog-Q is percent-encoded, and left out where it is longer than 1 KiB.
std::vector<std::pair<std::string, std::string>> response_headers(const query& q,
                                                                  const query_stats& stats,
                                                                  const coverage& covered,
                                                                  duration elapsed);

}  // namespace oklog
