// Answers one query from a list of blocks: matches, merges by ULID, drops equal records, and streams
// the result in bounded memory whatever its size.
//
// Blocks are worked through in order of their lowest id; a match may be given out once every block
// still to come begins above it. When more than `pending_bytes_max` wait, the highest are dropped and
// remembered as "from here on again": the scan makes another pass for them later (rule K23). Output
// is therefore complete, sorted and without duplicates at any size.
//
//   scan s(query, blocks);
//   while (!s.done()) {
//     auto work = s.next_work(threads);            // on the loop
//     for each w of work: co_await offload: w.run()  // in parallel, touches only its own values
//     s.absorb(std::move(work));                   // on the loop
//     write(s.take_output());
//   }
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "oklog/query/query.h"
#include "oklog/segment/block_ref.h"

namespace oklog {

inline constexpr std::size_t scan_pending_bytes_max = 32 * 1024 * 1024;

// A few neighbouring blocks for one thread, and afterwards their matches.
class scan_work;

class scan {
 public:
  scan(query q, std::vector<block_ref> blocks,
       std::size_t pending_bytes_max = scan_pending_bytes_max);
  ~scan();
  scan(scan&&) noexcept;

  bool done() const;
  std::vector<scan_work> next_work(unsigned pieces);
  void absorb(std::vector<scan_work> work);
  // What is ready, formatted for the wire (format, count_only). May be empty.
  std::string take_output();
  // Records given out (or counted) so far; errors of blocks that could not be read.
  const query_stats& stats() const;
  const coverage& covered() const;

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
