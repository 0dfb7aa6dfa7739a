// Writes records that come in the store's order (partition, topic, ULID, text) into as many store
// segments as it takes: cuts blocks at 256 KiB of text and files at a size, and publishes each file
// by rule C1. Blocking; one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "oklog/segment/store_segment.h"
#include "oklog/store/compact.h"

namespace oklog {

// Hands out ids for file names.
class id_source {
 public:
  explicit id_source(ulid first) : next_(first) {}
  std::string next() { return format(ulid{next_.hi, next_.lo++}); }

 private:
  ulid next_;
};

// Where the pieces of a partition belong.
struct piece_placement {
  std::function<std::vector<std::string>(const partition&)> write_set;
  // A store whose pieces are published; those that only others are to hold are staged. Empty: all
  // are published.
  std::string self;
};

class piece_writer {
 public:
  piece_writer(env::filesystem& fs, std::string dir, id_source& ids, std::uint64_t file_bytes_max,
               piece_placement placement);

  // REQUIRES: after the record before, in the store's order.
  result<> add(const record_view& r, const partition& where);
  // A whole block of one topic, as it is. REQUIRES: as add(), for all its records; not of one ULID
  // with the record before; `filter` is of its text.
  result<> add_block(encoded_block block, const std::string& topic, const set_digest& digest,
                     block_filter filter, const partition& where);
  // Text that waits for its block to fill.
  std::size_t pending_bytes() const { return pending_.bytes(); }
  // Closes the block that is being filled.
  result<> flush_block();

  // The rest goes to disk. Success: all published() are on disk under their final names, or staged.
  result<> finish();
  const std::vector<store_segment_writer::published>& published() const { return published_; }
  std::uint64_t encoded_blocks() const { return encoded_blocks_; }
  std::uint64_t written_bytes() const { return written_bytes_; }

  // Removes what was published, best effort: for those who failed before anybody was told.
  void abandon();

 private:
  result<> open(const partition& where);
  result<> append(encoded_block block, const std::string& topic, const set_digest& digest,
                  block_filter filter);
  result<> publish();

  env::filesystem* fs_;
  std::string dir_;
  id_source* ids_;
  std::uint64_t file_bytes_max_;
  piece_placement placement_;
  bool staged_ = false;  // the piece that is being written
  std::unique_ptr<store_segment_writer> writer_;
  partition where_;
  batch pending_;
  std::string topic_;  // of pending_
  ulid last_;
  set_digest digest_;  // of pending_
  std::vector<store_segment_writer::published> published_;
  std::uint64_t encoded_blocks_ = 0;
  std::uint64_t written_bytes_ = 0;
};

// Opens what was published, for the table of live segments.
result<std::vector<segment_ptr>> open_published(
    env::filesystem& fs, const std::string& dir,
    const std::vector<store_segment_writer::published>& published);

}  // namespace oklog
