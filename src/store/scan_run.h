// The matches of one block: in the scan's order, each once. What the scan merges. Either as
// entries, or, where no other block's matches come between them, already as the wire has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/query/record_writer.h"
#include "oklog/segment/block.h"
#include "store/scan_order.h"

namespace oklog {

struct scan_entry {
  ulid key;
  std::uint32_t begin;  // in the run's text
  std::uint32_t size;
  std::uint32_t topic;  // in the run's topics
  bool continuation;
};

class scan_run {
 public:
  scan_run() = default;
  scan_run(scan_order order, std::vector<std::string> topics)
      : order_(order), topics_(std::move(topics)) {}

  // Building: each record, in any order; its text is copied, or lies in the text that finish() is
  // given.
  void add_copy(const ulid& id, std::uint32_t topic, std::string_view text, bool continuation);
  void add_borrowed(const ulid& id, std::uint32_t topic, std::uint32_t begin, std::uint32_t size,
                    bool continuation);
  // For counting: a hash stands for the text. It is compared, never shown.
  void add_hash(const ulid& id, std::uint32_t topic, std::string_view text);
  // Puts the entries in order and drops equal ones (rule K1) and those beyond `limit`.
  void finish(std::uint64_t limit);
  void finish(std::uint64_t limit, std::string text);
  // Turns the entries into the wire's bytes. REQUIRES: finished, not empty.
  void format(record_writer& writer);

  bool empty() const { return next_ == entries_.size() && formatted_records_ == 0; }
  bool formatted() const { return formatted_records_ > 0; }
  std::size_t bytes() const;
  // The lowest key left. REQUIRES: not empty.
  const ulid& head() const { return formatted() ? first_ : entries_[next_].key; }

  // Entries. REQUIRES: not formatted.
  void pop() { ++next_; }
  record_view view(const scan_entry& e) const;
  const scan_entry* begin() const { return entries_.data() + next_; }
  const scan_entry* end() const { return entries_.data() + entries_.size(); }

  // REQUIRES: formatted.
  std::string_view wire() const { return text_; }
  std::uint64_t records() const { return formatted_records_; }

  // Drops what lies from `cut` on, and gives memory back where that is worth a copy. A formatted
  // run is dropped whole: REQUIRES: `cut` is not inside of it.
  void drop_from(const ulid& cut);

 private:
  void add(const scan_entry& e);
  void sort();
  void compact();

  scan_order order_;
  std::vector<scan_entry> entries_;
  std::size_t next_ = 0;
  bool ascending_ = true;  // by key, no two equal
  bool descending_ = true;
  std::string text_;
  std::vector<std::string> topics_;
  ulid first_;  // of a formatted run
  std::uint64_t formatted_records_ = 0;
};

// Order of records: id, text, topic. Equal where all are (rule K1).
std::strong_ordering compare_records(const record_view& a, const record_view& b);

}  // namespace oklog
