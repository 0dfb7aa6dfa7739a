// A batch: the in-memory form of a block. Ingest fills it, segment/block.h compresses it and brings
// it back, the consumer merges it, the query scans it.
//
// The text lies as it does in the file: each record followed by one line feed. Ids are runs:
// records that follow each other in the text with one topic, one millisecond, one stream and
// sequences that go up by one, so that a million lines of one burst cost a few runs and no work a
// record.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oklog/record/record.h"
#include "oklog/record/topic_table.h"

namespace oklog {

inline constexpr std::size_t block_bytes_target = 256 * 1024;    // of text
inline constexpr std::size_t block_bytes_max = 4 * 1024 * 1024;  // readers refuse more

struct id_run {
  std::uint64_t ms;
  std::uint64_t stream;
  std::uint64_t seq;    // of its first record
  std::uint32_t topic;  // index into batch::topics()
  std::uint32_t count;  // > 0
  friend bool operator==(const id_run&, const id_run&) = default;
};

class batch {
 public:
  // Index of a topic, added where it is new.
  std::uint32_t topic_index(std::string_view topic);

  // One record. `text` may hold line feeds; lines never do.
  void add(const record_view& r);
  void add(const ulid& id, std::uint32_t topic, std::string_view text, bool continuation = false);

  // `count` whole lines at once, each with its line feed, ids from (ms, stream, seq) on.
  // REQUIRES: `lines` holds exactly `count` line feeds and ends with one.
  void add_lines(std::uint64_t ms, std::uint64_t stream, std::uint64_t seq, std::uint32_t topic,
                 std::string_view lines, std::uint32_t count);

  // Room for as much as `other` holds: the next batch of a stream is like the one before.
  // REQUIRES: empty.
  void reserve_like(const batch& other);
  void clear();  // keeps the memory
  bool empty() const { return records_ == 0; }
  std::uint32_t records() const { return records_; }
  std::size_t bytes() const { return text_.size(); }
  const std::string& text() const { return text_; }
  // For its memory alone: the batch is of no use afterwards.
  std::string take_text() && { return std::move(text_); }
  const std::vector<id_run>& runs() const { return runs_; }
  const std::vector<std::string>& topics() const { return topics_; }
  // Record numbers, ascending, of those that go on the line before.
  const std::vector<std::uint32_t>& continuations() const { return continuations_; }
  // The length of each record without its line feed, only where some record holds a line feed.
  const std::vector<std::uint32_t>& lengths() const { return lengths_; }
  // Of all ids; REQUIRES: not empty.
  ulid min() const { return min_; }
  ulid max() const { return max_; }

  // fn(record_view) for each record in text order; fn returns void.
  template <class Fn>
  void for_each(Fn&& fn) const;

  // Takes decoded parts. corruption where they do not agree with each other (counts, topic indices,
  // lengths, the text's line feeds, sequence overflow) or a topic is none. Limit: UINT32_MAX bytes.
  static result<batch> from_parts(std::string text, std::vector<id_run> runs,
                                  std::vector<std::string> topics,
                                  std::vector<std::uint32_t> continuations,
                                  std::vector<std::uint32_t> lengths);

 private:
  void note_ids(const ulid& first, const ulid& last);
  void restore_lengths();
  bool fill_topic_table();
  result<> check_topics();
  result<> check_runs();
  result<> check_text() const;
  void extend_runs(std::uint64_t ms, std::uint64_t stream, std::uint64_t seq, std::uint32_t topic,
                   std::uint32_t count);

  std::string text_;
  std::vector<id_run> runs_;
  std::vector<std::string> topics_;
  // Empty, or of all topics. Few topics are found by looking at each.
  topic_table table_;
  std::vector<std::uint32_t> continuations_;
  std::vector<std::uint32_t> lengths_;
  std::uint32_t records_ = 0;
  std::uint32_t last_topic_ = 0;
  ulid min_ = ulid_max;
  ulid max_ = ulid_min;
};

// REQUIRES: a line feed among the `left` bytes.
inline std::size_t line_size(const char* at, std::size_t left) {
  return static_cast<std::size_t>(static_cast<const char*>(std::memchr(at, '\n', left)) - at);
}

template <class Fn>
void batch::for_each(Fn&& fn) const {
  const char* at = text_.data();
  const char* const end = at + text_.size();
  std::uint32_t n = 0;
  auto continued = continuations_.begin();
  for (const id_run& run : runs_) {
    record_view r;
    r.topic = topics_[run.topic];
    for (std::uint32_t i = 0; i < run.count; ++i, ++n) {
      const std::size_t left = static_cast<std::size_t>(end - at);
      const std::size_t size = lengths_.empty() ? line_size(at, left) : lengths_[n];
      r.id = ulid::make(run.ms, run.stream, run.seq + i);
      r.text = std::string_view(at, size);
      r.continuation = continued != continuations_.end() && *continued == n;
      if (r.continuation) ++continued;
      fn(r);
      at += size + 1;
    }
  }
}

}  // namespace oklog
