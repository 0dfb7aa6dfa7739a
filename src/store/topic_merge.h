// Merges the blocks of one topic of many segments: the inner loop of compaction.
#pragma once

#include <string>
#include <vector>

#include "store/piece_writer.h"
#include "store/record_cursor.h"

namespace oklog {

struct topic_block {
  const store_segment* segment;
  const store_block* block;
};

// Where merged records go: those below `seam` to `main`, the rest to `tail`.
struct merge_target {
  partition where;
  ulid seam;
  piece_writer* main;
  piece_writer* tail;
};

struct merge_counts {
  set_digest dropped;  // each equal to the record just written
  std::uint64_t conflicts = 0;
  std::uint64_t copied_blocks = 0;
  const store_segment* damaged = nullptr;  // whose block could not be read
};

class topic_merge {
 public:
  // `blocks` ascending by their lowest id.
  topic_merge(std::string topic, std::vector<topic_block> blocks, const merge_target& target,
              merge_counts& counts)
      : topic_(std::move(topic)), blocks_(std::move(blocks)), target_(&target), counts_(&counts) {}

  // Errors: corruption or io of a block (counts.damaged names it), or of writing.
  result<> run();

 private:
  struct loaded {
    encoded_block encoded;
    batch records;
  };
  result<loaded> load(const topic_block& at);
  bool can_copy(const topic_block& at) const;
  result<> copy(const topic_block& at);
  result<> activate(const topic_block& at);
  result<> emit(const record_view& r);
  // Writes from the lowest active block up to where another takes over.
  result<> drain();
  piece_writer& writer(const ulid& id) const {
    return id < target_->seam ? *target_->main : *target_->tail;
  }

  std::string topic_;
  std::vector<topic_block> blocks_;
  const merge_target* target_;
  merge_counts* counts_;
  std::size_t next_ = 0;
  std::vector<record_cursor> active_;  // a heap, lowest first
  bool any_ = false;
  ulid last_;  // the record just written
  std::string last_text_;
};

}  // namespace oklog
