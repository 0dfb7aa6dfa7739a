// The inside of a scan: its blocks in order, the pass under way, and what waits to be given out.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "oklog/query/record_writer.h"
#include "oklog/store/scan.h"
#include "store/scan_pending.h"
#include "store/scan_search.h"

namespace oklog {

struct scan_work::state {
  struct outcome {
    std::size_t number;
    result<scan_found> found;
  };
  std::shared_ptr<const scan_task> task;
  key_range wanted;
  std::vector<scan_block> blocks;
  std::vector<outcome> outcomes;
  time_histogram counts;
  query_stats stats;
};

struct scan::state {
  std::shared_ptr<scan_task> task;
  const query& q;
  scan_options options;
  std::vector<scan_block> blocks;  // in order of their lowest key
  std::vector<bool> finished;      // a block that no later pass needs: counted, or not readable

  // This pass: keys from wanted.first on, below `cut` where memory did not suffice for more.
  key_range wanted;
  std::optional<ulid> cut;
  std::size_t next = 0;
  std::multiset<ulid> under_way;  // the lowest key of each piece of work not absorbed yet
  std::size_t work_blocks = 1;    // in the next piece, where few matches may be enough

  scan_pending pending;
  record_writer writer;
  time_histogram counts;
  query_stats stats;
  coverage covered;
  std::vector<unread_block> unread;
  bool stopped = false;  // by its limit, or because nobody wants the rest
  bool count_given = false;

  state(std::shared_ptr<scan_task> t, std::vector<block_ref> refs, const scan_options& o);
  bool count_unread(const scan_block& block);
  bool has_blocks() const;
  void skip_blocks();
  std::optional<ulid> frontier() const;
  bool ready() const;
  void settle();
  bool complete() const;
  void end();
  std::unique_ptr<scan_work::state> make_work();
  void absorb(scan_work::state::outcome outcome);
  void count_ready();
  std::uint64_t left() const { return q.limit - stats.records_matched; }
};

}  // namespace oklog
