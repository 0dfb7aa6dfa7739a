// The answer with context: around each match the records before and behind it, as grep -C shows
// them. Of the match's own stream and topic, or, with `all_streams`, in the order of all records.
//
// Matches whose neighbours touch are one group; a group is given out whole, so that the lines of
// one stream stand together. Between groups that do not follow each other stands a gap. Neighbours
// may lie outside of the query's time; they are looked for context_reach far and in
// context_blocks_max blocks in each direction.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "oklog/query/record_writer.h"
#include "oklog/segment/block_ref.h"
#include "oklog/store/answer_merge.h"
#include "oklog/store/neighbour_finder.h"
#include "oklog/store/scan.h"

namespace oklog {

inline constexpr std::chrono::milliseconds context_reach = std::chrono::minutes(5);
inline constexpr std::size_t context_blocks_max = 64;

// Where the neighbours of the query's matches may lie; the query's own range without context.
std::pair<ulid, ulid> context_range(const query& q);

class context_writer {
 public:
  // `blocks`: all that may hold neighbours: those of context_range(q), of any topic.
  context_writer(query q, std::vector<block_ref> blocks);
  // `near` may have to be told more while the writer goes on: waits(). It outlives the writer.
  context_writer(query q, neighbour_finder& near);
  ~context_writer();

  // The next match, in order; copied.
  void add(const record_view& match);
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  // Takes what the scan has ready, as much as may wait, and goes on. False as advance() says it.
  // REQUIRES: a scan of the same query, made for records.
  bool take_from(scan& matches, std::string& out);
  bool take_from(answer_merge& matches, std::string& out);
  // Blocking. Appends what comes next: some hundred KiB, or a while's work. False where nothing is
  // left to do until more is added.
  bool advance(std::string& out);

  // The finder does not know enough to go on. What it has to be told: the neighbours of the group
  // that is being written, and of the next `most` matches that wait.
  bool waits() const;
  std::vector<neighbour_ask> asks(std::size_t most) const;

  // A sentence for each block that could not be read since the last call.
  std::vector<std::string> take_failures();

 private:
  struct match {
    ulid id;
    std::string topic;
    std::string text;
    bool continuation;
  };
  struct state;
  // False where the finder does not know yet; nothing has changed then.
  bool begin_group(const match& m, std::string& out);
  bool go_on(std::string& out);

  std::deque<match> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::unique_ptr<state> state_;
};

}  // namespace oklog
