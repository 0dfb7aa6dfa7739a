// Answers one query from a list of blocks: matches, merges by ULID, drops equal records, and
// streams the result in bounded memory whatever its size. Or counts the matches over time.
//
// Blocks are worked through in order of their lowest id (their highest, where the newest come
// first); a match may be given out once every block still to come begins above it. When more than
// `pending_bytes_max` wait, the highest are dropped and remembered as "from here on again": the
// scan makes another pass for them later (rule K23). Output is therefore complete, sorted and
// without duplicates at any size. Equal ids with other text, or of another topic, are all given
// out, ordered by text, then topic (rule K1).
//
//   scan s(query, blocks);
//   while (!s.done()) {
//     auto work = s.next_work(threads);            // on the loop
//     for each w of work: co_await offload: w.run()  // in parallel, touches only its own values
//     s.absorb(std::move(work));                   // on the loop
//     write(s.take_output());
//   }
//
// To keep all threads busy, next_work(1) may be asked again while other work is under way, and each
// piece absorbed when it is finished, in any order. Work that is given up (a client that has gone)
// is dropped together with its scan; stop() makes pieces under way end soon.
//
// A match that no other block's can come before or equal is made ready for the wire where it is
// found, and counted there. A scan stops by itself when query::limit matches were given out.
//
// A block that cannot be read, or that holds other ids than its index says, counts as an error and
// makes the answer partial, with a sentence (rule K20). It is never passed over in silence. Where
// somebody else may have the same, take_unread() says so before anything behind it is given out.
//
// Memory: pending_bytes_max, and for each piece of work about a MiB of text (a block with long
// records up to block_bytes_max more), and scan_output_bytes_target. Only records that share one
// ULID and differ in text, which no honest source makes, are kept together without a limit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "oklog/env/clock.h"
#include "oklog/query/histogram.h"
#include "oklog/query/query.h"
#include "oklog/segment/block_ref.h"

namespace oklog {

inline constexpr std::size_t scan_pending_bytes_max = 32 * 1024 * 1024;
inline constexpr std::size_t scan_work_bytes_target = 1024 * 1024;    // of text
inline constexpr std::size_t scan_output_bytes_target = 1024 * 1024;  // of one take_output()

struct scan_options {
  std::size_t pending_bytes_max = scan_pending_bytes_max;
  const env::clock* clock = nullptr;  // times the stages, where there is one
  bool as_records = false;            // for take_records(), not take_output()
  bool unread_apart = false;  // blocks that cannot be read go to take_unread(), not covered()
  // Told of each block that could not be read, in absorb().
  std::function<void(const std::string& why)> on_unread = {};
};

// A block that could not be read. Nothing at or behind it, in the scan's order, was given out then.
struct unread_block {
  std::shared_ptr<data_file> file;  // null: in memory
  ulid min;
  ulid max;
  std::string why;  // a sentence that names its place
};

// A few neighbouring blocks for one thread, and afterwards their matches.
class scan_work;

class scan {
 public:
  // Records, or with query::count_only their number. REQUIRES: q.match is set.
  scan(query q, std::vector<block_ref> blocks, scan_options options = {});
  // Counts over time; q.limit, order and format do not matter.
  scan(query q, std::vector<block_ref> blocks, histogram_axis axis, scan_options options = {});
  ~scan();
  scan(scan&&) noexcept;

  // Everything was given out, and no work is under way.
  bool done() const;
  // At most `pieces`; none while nothing is left to read, or while much output waits to be taken.
  std::vector<scan_work> next_work(unsigned pieces);
  // REQUIRES: run() has returned for each.
  void absorb(std::vector<scan_work> work);
  // Whether take_output() or take_records() has something to give now.
  bool has_output() const;
  // What is ready, formatted for the wire: whole records, about scan_output_bytes_target; empty
  // where nothing is. With count_only the number and a line feed, once, at the end.
  std::string take_output();
  // The same record by record, until fn returns false; views are valid within the call. REQUIRES:
  // options.as_records.
  void take_records(const std::function<bool(const record_view&)>& fn);
  // Those met since the last call. REQUIRES: options.unread_apart.
  std::vector<unread_block> take_unread();
  output_order order() const;
  // Of the matches that wait to be given out; at most pending_bytes_max.
  std::size_t waiting_bytes() const;
  // Nobody wants the rest: pieces under way end within milliseconds.
  void stop();

  // Before the first work: the segments (files) and the bytes of text in question. Later also what
  // was given out or counted, and the errors. nodes_queried is left to the caller.
  const query_stats& stats() const;
  const coverage& covered() const;
  // REQUIRES: counting; complete once done().
  const time_histogram& counts() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

class scan_work {
 public:
  ~scan_work();
  scan_work(scan_work&&) noexcept;
  scan_work& operator=(scan_work&&) noexcept;
  // On the pool: reads, decodes and searches its blocks. Never fails: errors are in the result.
  void run();

 private:
  friend class scan;
  struct state;
  explicit scan_work(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace oklog
