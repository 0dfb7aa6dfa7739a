// The store segment: an immutable file of blocks of one partition, ordered by topic, then ULID,
// each block of one topic, with a footer index in one last skippable frame.
//
//   file header | block ... | filters | footer
//
// Its name says window and shard for people; the truth is in the footer (rule C8).
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <vector>

#include "oklog/segment/block_ref.h"
#include "oklog/segment/filter.h"

namespace oklog {

// The unit of placement, merging, retention and repair. A window is one hour of ULID time, aligned
// to UTC: a constant of the protocol, not a flag.
struct partition {
  std::uint64_t window = 0;  // hours since 1970
  std::uint32_t shard = 0;
  friend auto operator<=>(const partition&, const partition&) = default;
};
inline constexpr std::uint64_t window_ms = 3'600'000;
inline std::uint64_t window_of(const ulid& id) {
  return id.ms() / window_ms;
}
std::string format(const partition& p);  // "2026-11-21T03Z-s000"

struct store_block {
  std::uint64_t offset = 0;
  block_header header;
  std::uint32_t topic = 0;       // index into store_footer::topics
  std::uint8_t filter_log2 = 0;  // of the bits of its filter; 0: it has none
};

// What a footer says of the file's filters. They are read by filter_reader, not with the footer.
struct filter_index {
  std::uint16_t version = 0;  // 0: the file has none
  std::uint8_t gram_bytes = 0;
  std::uint8_t hash = 0;
  std::uint64_t frame_bytes = 0;  // right behind the last block
  // Filters of another version, gram or hash are passed over: every block is read then.
  bool readable() const;
};

struct store_footer {
  oklog::partition partition;
  std::vector<std::string> write_set;  // store ids (K7); one while the replication factor is 1
  set_digest digest;                   // of all records (K2)
  std::uint64_t raw_bytes = 0;
  ulid min = ulid_max;
  ulid max = ulid_min;
  std::vector<std::string> topics;  // sorted
  std::vector<store_block> blocks;  // in file order
  filter_index filters;
  hash128 file_hash;  // XXH3-128 of every byte before the footer's frame
};

// Writes one store segment under a temporary name and publishes it by rule C1. Blocking.
class store_segment_writer {
 public:
  static result<std::unique_ptr<store_segment_writer>> create(env::filesystem& fs, std::string dir,
                                                              oklog::partition where,
                                                              std::vector<std::string> write_set,
                                                              const std::string& unique);
  ~store_segment_writer();  // removes the temporary file where publish() was not reached

  // A copied block (its bytes read from another file) is stamped anew like a fresh one.
  // REQUIRES: after the block before by (topic, ULID); one topic; all ids in the partition's
  // window. `digest` is of the block's records, `filter` of its text (empty: it gets none). After
  // an error only the destructor may follow.
  result<> append(encoded_block block, const std::string& topic, const set_digest& digest,
                  block_filter filter = {});
  // Success: on disk under its final name, which is returned with the footer.
  struct published {
    std::string name;
    std::uint64_t file_bytes;
    store_footer footer;
  };
  result<published> publish();
  // Complete, but under its temporary name and not synced: for others to copy. The next start
  // removes it, and whoever asked for it before.
  result<published> stage();

  // With the filters that wait for publish() in memory.
  std::uint64_t file_bytes() const { return size_ + filter_bytes_; }
  bool empty() const { return footer_.blocks.empty(); }

 private:
  store_segment_writer() = default;
  result<> complete();
  result<> write_filters();
  result<> put(std::string_view bytes);
  result<> write_out();
  env::filesystem* fs_ = nullptr;
  std::string dir_;
  std::string temporary_;
  std::string final_;
  std::unique_ptr<env::file> file_;
  std::string buffer_;  // appended in pieces of 1 MiB
  hash128_stream hash_;
  std::uint64_t size_ = 0;
  store_footer footer_;
  std::vector<block_filter> filters_;  // one a block
  std::uint64_t filter_bytes_ = 0;
  bool published_ = false;
  bool failed_ = false;
};

// An open store segment: its footer, and its file kept open for readers.
struct store_segment {
  std::string name;
  std::uint64_t file_bytes = 0;
  store_footer footer;
  std::shared_ptr<data_file> file;

  block_ref block(std::size_t i) const;
  // Blocks that meet [min, max], as refs.
  std::vector<block_ref> blocks(const ulid& min, const ulid& max) const;
};

// Reads and checks the footer; corruption where it is torn, lies about offsets or sizes, or is not
// ours; invalid where the file is of a newer version. Does not read the blocks.
result<store_segment> open_store_segment(env::filesystem& fs, const std::string& dir,
                                         const std::string& name);
// Reads everything (segment_check.h does it in pieces). Returns a sentence for each thing that is
// wrong; empty where all is well. Error: io.
result<std::vector<std::string>> find_damage(const store_segment& segment);
// The same as one result: corruption, with the first sentence.
result<> verify_store_segment(const store_segment& segment);

}  // namespace oklog
