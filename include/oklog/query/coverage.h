// What answering a query cost, and what the answer covers (rules K19, K20).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"
#include "oklog/base/time.h"

namespace oklog {

// Parts add up. Durations are summed over threads.
struct query_stats {
  std::uint64_t nodes_queried = 0;
  std::uint64_t segments_queried = 0;
  std::uint64_t max_data_set_bytes = 0;  // of text that the blocks in question hold
  std::uint64_t error_count = 0;
  std::uint64_t blocks = 0;                 // all that were considered, and of them:
  std::uint64_t blocks_skipped_time = 0;    // outside of from and to
  std::uint64_t blocks_skipped_topic = 0;   // of other topics
  std::uint64_t blocks_skipped_filter = 0;  // cannot match, by their n-gram filters
  std::uint64_t blocks_counted = 0;         // counted from the index alone
  std::uint64_t blocks_read = 0;            // a block that is read twice counts twice
  std::uint64_t bytes_read = 0;             // of blocks, from files
  std::uint64_t filter_bytes_read = 0;
  std::uint64_t text_bytes = 0;       // decoded
  std::uint64_t records_matched = 0;  // given out or counted
  duration plan_time{};               // choosing blocks, filters included
  duration read_time{};
  duration decode_time{};
  duration search_time{};
  duration merge_time{};  // ids, order, formatting
  void add(const query_stats& other);
};

enum class coverage_state { full, degraded, partial };
std::string_view name(coverage_state s);

// On one node: partial where a segment could not be read or lies in quarantine with an unknown
// range. Of a cluster: node/verdict.h.
struct coverage {
  coverage_state state = coverage_state::full;
  std::vector<std::string> missing;   // sentences for people: which source, why
  std::vector<std::string> given_up;  // by hand, and no longer missed: sentences
  std::optional<wall_time> since;     // complete from here on: the retention floor
  // Of both together: the worse state, the later floor.
  void add(const coverage& other);
  // Notes one source that is missing for good: the state becomes partial.
  void add_missing(std::string sentence);
};

// {"coverage":"partial","missing":[...],"since":"...", "records":..., ...}: one object, one line.
// Of very many sentences the first, and how many more there are, so that it fits into a trailer.
std::string to_json(const coverage& c, const query_stats& s);

// The same read again, as another node has sent it. Numbers that are missing are 0, durations are
// whole microseconds. Error: corruption, where it is none, or over 1 MiB.
struct answer_summary {
  coverage covered;
  query_stats stats;
};
result<answer_summary> parse_summary(std::string_view json);

}  // namespace oklog
