// The body of an internal answer: one half of one node (its ingester, or its store) gives what it
// has to a query of the whole cluster. A row of frames: one byte that says what it is, four with
// the length (little-endian), and so many bytes.
//
//   1 begun  what was pinned: a summary (query/coverage.h), of what is known before any search
//   2 block  matches, in the query's order: a block (segment/block.h)
//   3 alive  nothing: there is still nothing to give
//   4 end    the summary; the last frame
//   5 unread a partition of which something cannot be read: window (8 bytes), shard (4), ULID (high
//            and low 8), all little-endian, and a sentence. What lies before that ULID in the
//            query's order is given in full, by frames before and behind this one; whatever else
//            can be read is given all the same (rule K20)
//
// `begun` comes first, as soon as everything is pinned (rule K17). A body without `end` broke off.
//
// In a count each record's text is replaced by a hash of it (store/answer_merge.h), since only
// equal records have to be told from others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oklog/base/result.h"
#include "oklog/query/coverage.h"
#include "oklog/record/batch.h"
#include "oklog/segment/store_segment.h"

namespace oklog::api {

// Of a block's text, when it is sent; one record may be larger.
inline constexpr std::size_t part_block_bytes = 128 * 1024;
inline constexpr std::uint32_t part_block_records = 16 * 1024;
// Larger frames are refused unread.
inline constexpr std::size_t part_frame_bytes_max = 16 * 1024 * 1024;
// Who has nothing to give says so at least this often, as long as its search gets on: after
// part_stall without any progress it falls silent.
inline constexpr duration part_alive_every = std::chrono::milliseconds(150);
inline constexpr duration part_stall = std::chrono::seconds(10);
inline constexpr duration stream_alive_every = std::chrono::seconds(5);  // of /ingest/_stream
// Who owes something and is silent for part_quiet is replaced, where somebody else has the same;
// otherwise waited for, part_gap.
inline constexpr duration part_quiet = std::chrono::milliseconds(500);
inline constexpr duration part_gap = std::chrono::seconds(30);

enum class part_kind : std::uint8_t { begun = 1, block = 2, alive = 3, end = 4, unread = 5 };

struct part_frame {
  part_kind kind;
  std::string bytes;
};

void append_frame(std::string& out, part_kind kind, std::string_view bytes);
// REQUIRES: not empty. CPU-heavy: on the pool.
std::string block_frame(const batch& records);

struct unread_part {
  partition where;
  ulid from;
  std::string why;
};
// The bytes of an `unread` frame. Error: corruption.
std::string pack_unread(const unread_part& part);
result<unread_part> parse_unread(std::string_view bytes);

// Cuts a body into frames, however its bytes come.
class part_reader {
 public:
  void feed(std::string_view bytes) { in_.append(bytes); }
  // The next whole frame; nothing before more bytes come. Error: corruption (an unknown kind, too
  // large, not in this order), for good.
  result<std::optional<part_frame>> next();
  // `end` was read. Bytes after it are an error.
  bool ended() const { return ended_; }

 private:
  std::string in_;
  std::size_t at_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace oklog::api
