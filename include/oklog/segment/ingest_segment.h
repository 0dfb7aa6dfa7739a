// The ingest segment: an append-only file of blocks in the order in which they were received.
//
//   file header | block | block | ... | flush trailer (only once flushed)
//
// The flush trailer is a skippable frame that stamps the shard (rule K6) and totals. It is written
// only when everything before it is on disk, so a trailer proves that a bad block before it is
// damage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/segment/block_ref.h"

namespace oklog {

struct flush_trailer {
  std::uint32_t shard = 0;
  std::uint32_t blocks = 0;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
  friend bool operator==(const flush_trailer&, const flush_trailer&) = default;
};

// The writer of one active segment. Blocking; used by one thread at a time.
class ingest_segment_writer {
 public:
  // Creates the file with its header, preallocated. Nothing is on disk until the first sync().
  static result<std::unique_ptr<ingest_segment_writer>> create(env::filesystem& fs, std::string dir,
                                                               std::string name,
                                                               std::uint64_t preallocate_bytes);

  // Stamps and appends the blocks; success: all are in the page cache. On an error the file is
  // truncated back to what it was (rule K25) and the segment stays usable unless poisoned().
  // REQUIRES: finish() was not called.
  result<std::vector<block_ref>> append(const std::vector<encoded_block*>& blocks);
  result<std::vector<block_ref>> append(std::vector<encoded_block> blocks);
  // fdatasync, and the first time the directory too. Success: everything appended is on disk.
  // After a failure the segment is poisoned: nothing more is appended or synced (rule C5).
  result<> sync();
  // Syncs, appends the trailer and syncs. Success: complete and on disk under its present name.
  result<> finish(std::uint32_t shard);

  bool poisoned() const { return poisoned_; }
  std::uint64_t file_bytes() const { return size_; }
  std::uint64_t synced_bytes() const { return synced_; }
  std::uint64_t raw_bytes() const { return totals_.raw_bytes; }
  std::uint64_t records() const { return totals_.records; }
  const std::shared_ptr<data_file>& file() const { return file_; }

 private:
  ingest_segment_writer() = default;
  result<> append_bytes(std::string_view bytes);
  error take_back(const error& why);
  env::filesystem* fs_ = nullptr;
  std::string dir_;
  std::shared_ptr<data_file> file_;
  std::uint64_t size_ = 0;
  std::uint64_t synced_ = 0;
  flush_trailer totals_;
  bool dir_synced_ = false;
  bool poisoned_ = false;
  bool finished_ = false;
};

// What a scan of an ingest segment found, from its own bytes alone (rule C8).
struct ingest_segment_contents {
  std::vector<block_ref> blocks;  // the good ones, in file order
  std::optional<flush_trailer> trailer;
  std::uint64_t good_bytes = 0;      // end of the last good block or trailer (or of the header)
  std::uint64_t tail_bytes = 0;      // torn: from there on, beyond all that was known to be synced
  std::uint64_t damaged_blocks = 0;  // before it: corruption (rule K25); pieces, where unclear
  std::vector<std::string> damage;   // a sentence each, at most 100
  std::uint64_t file_bytes = 0;
  ulid min = ulid_max;
  ulid max = ulid_min;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
};

// Reads every block of the file and checks it in full; each ref shares one open file. Never changes
// the file. `fully` false checks header and text hashes, but does not decompress. A bad block
// beyond the highest synced offset that any good block or the trailer names is where the torn tail
// begins, whatever follows it; one before it is damage, and what follows is read. Errors:
// corruption (no file header of ours, or another kind: quarantine), invalid (a newer version: leave
// it alone), io.
result<ingest_segment_contents> scan_ingest_segment(env::filesystem& fs, const std::string& path,
                                                    bool fully);

// Finishes a segment that was found without a trailer, in place: cuts off what lies behind
// `good_bytes`, appends the trailer, syncs. Success: on disk under its present name; returns the
// file's size. A disk without room for a trailer is no error: the size is `good_bytes` then, and
// readers take the segment's shard for 0.
result<std::uint64_t> complete_ingest_segment(env::filesystem& fs, const std::string& path,
                                              const ingest_segment_contents& contents,
                                              std::uint32_t shard);

}  // namespace oklog
