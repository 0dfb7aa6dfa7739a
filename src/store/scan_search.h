// The search of one block, on the pool: from its place to its matches.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "oklog/env/clock.h"
#include "oklog/query/histogram.h"
#include "store/scan_block.h"
#include "store/scan_run.h"

namespace oklog {

// What a whole scan is asked. Shared, immutable but for `stop`.
struct scan_task {
  query q;
  scan_order order;
  bool as_records = false;  // never format where they are found
  bool counting = false;    // counts over time are wanted, not records
  histogram_axis axis;      // of it
  const env::clock* clock = nullptr;
  std::atomic<bool> stop{false};  // nobody wants the rest

  // Whether matches of the block lie in one span of the axis, all of them within `wanted`, of one
  // topic that is wanted, and nowhere else: then their number is all that has to be known.
  bool only_number_matters(const scan_block& block, const key_range& wanted) const;
};

struct scan_found {
  scan_run run;          // empty where the matches were counted
  bool counted = false;  // into the searcher's histogram: no later pass needs this block
};

// Searches blocks one after the other; keeps its buffers.
class block_searcher {
 public:
  block_searcher(const scan_task& task, const key_range& wanted)
      : task_(task), q_(task.q), wanted_(wanted), counts_(task.axis), writer_(task.q) {}

  // Errors: io, corruption (also where the block holds ids outside what its ref says), invalid,
  // cancelled (the task was stopped).
  result<scan_found> search(const scan_block& block);

  const time_histogram& counts() const { return counts_; }
  const query_stats& stats() const { return stats_; }

 private:
  result<scan_found> search_memory(const scan_block& block);
  result<scan_found> search_file(const scan_block& block);
  result<scan_found> count_columns(const scan_block& block);
  result<> read_text(const block_ref& ref);
  result<> find_lines(std::string_view text);
  result<> find_records(const batch& records);
  result<> find_in_file();

  // From hits_ (or everything) to what is wanted of them.
  scan_found collect(const scan_block& block, std::string_view text, const block_columns& columns);
  scan_found count_number(const scan_block& block, std::uint64_t matches);
  bool count_records(const scan_block& block, std::string_view text, const block_columns& columns);
  scan_run make_run(std::string_view text, const block_columns& columns);
  template <class Fn>
  void for_wanted(std::string_view text, const block_columns& columns, Fn&& fn) const;

  const scan_task& task_;
  const query& q_;
  const key_range wanted_;
  time_histogram counts_;
  record_writer writer_;
  query_stats stats_;
  std::string buffer_;
  std::string_view bytes_;       // of the block, in buffer_
  std::string text_;             // of the block, where it was decoded
  std::vector<line_hit> lines_;  // matches of a text whose records are lines
  std::vector<text_hit> hits_;   // the same with record numbers, or of other texts
};

}  // namespace oklog
