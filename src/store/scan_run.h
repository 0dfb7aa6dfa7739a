// The matches of one block: sorted by (id, text, topic), each once. What the scan merges.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/query/query.h"
#include "oklog/record/batch.h"

namespace oklog {

struct scan_entry {
  ulid id;
  std::uint32_t begin;  // in the run's text
  std::uint32_t size;
  std::uint32_t topic;  // in the run's topics
  bool continuation;
};

class scan_run {
 public:
  // Which ids are wanted: those of [from, to].
  struct range {
    ulid from;
    ulid to;
    bool holds(const ulid& id) const { return from <= id && id <= to; }
  };

  // Of the records that `hits` names. `owner` keeps the text alive where the batch is shared.
  // With count_only a hash stands for each text: it is compared, never shown.
  static scan_run of_hits(const query& q, const range& wanted, const batch& records,
                          const std::vector<text_hit>& hits);
  // Of all records; takes the batch's text by sharing it.
  static scan_run of_all(const query& q, const range& wanted, std::shared_ptr<const batch> records);

  bool empty() const { return next_ == entries_.size(); }
  std::size_t bytes() const;
  const scan_entry& head() const { return entries_[next_]; }
  void pop() { ++next_; }
  record_view view(const scan_entry& e) const;

  // What is left, lowest first.
  const scan_entry* begin() const { return entries_.data() + next_; }
  const scan_entry* end() const { return entries_.data() + entries_.size(); }

  // Drops the entries from `cut` on, and gives their memory back where that is worth a copy.
  void drop_from(const ulid& cut);

 private:
  void add(const query& q, const ulid& id, std::uint32_t topic, bool continuation,
           std::string_view text, std::uint32_t begin);
  void finish(const query& q, const batch& records);
  void sort();
  void compact();
  std::string_view text() const { return shared_ ? std::string_view(shared_->text()) : own_; }

  std::vector<scan_entry> entries_;
  std::size_t next_ = 0;
  bool sorted_ = true;
  std::shared_ptr<const batch> shared_;  // the text is its text...
  std::string own_;                      // ... or this
  std::vector<std::string> topics_;
};

// Order of records: id, text, topic. Equal where all are (rule K1).
std::strong_ordering compare_records(const record_view& a, const record_view& b);

}  // namespace oklog
