#include "store/scan_run.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"

namespace oklog {

std::strong_ordering compare_records(const record_view& a, const record_view& b) {
  if (const auto order = a.id <=> b.id; order != 0) return order;
  if (const auto order = a.text <=> b.text; order != 0) return order;
  return a.topic <=> b.topic;
}

void scan_run::add(const scan_entry& e) {
  if (!entries_.empty()) {
    const ulid& last = entries_.back().key;
    ascending_ = ascending_ && last < e.key;
    descending_ = descending_ && e.key < last;
  }
  entries_.push_back(e);
}

void scan_run::add_borrowed(const ulid& id, std::uint32_t topic, std::uint32_t begin,
                            std::uint32_t size, bool continuation) {
  add({order_.key(id), begin, size, topic, continuation});
}

void scan_run::add_copy(const ulid& id, std::uint32_t topic, std::string_view text,
                        bool continuation) {
  const auto begin = static_cast<std::uint32_t>(text_.size());
  text_.append(text);
  add_borrowed(id, topic, begin, static_cast<std::uint32_t>(text.size()), continuation);
}

void scan_run::add_hash(const ulid& id, std::uint32_t topic, std::string_view text) {
  const hash128 hash = xxh3_128(text);
  const auto begin = static_cast<std::uint32_t>(text_.size());
  put_int(text_, hash.hi);
  put_int(text_, hash.lo);
  add_borrowed(id, topic, begin, sizeof hash.hi + sizeof hash.lo, false);
}

void scan_run::finish(std::uint64_t limit, std::string text) {
  ASSERT(text_.empty(), "texts are copied or borrowed, not both");
  text_ = std::move(text);
  finish(limit);
}

void scan_run::finish(std::uint64_t limit) {
  if (descending_ && !ascending_) {
    std::reverse(entries_.begin(), entries_.end());
  } else if (!ascending_) {
    sort();
  }
  if (entries_.size() > limit) entries_.resize(limit);
  if (entries_.empty()) {
    *this = scan_run();
  } else {
    compact();
  }
}

void scan_run::sort() {
  // Keys decide nearly always; the text is looked at for equal ones alone.
  const auto less = [&](const scan_entry& a, const scan_entry& b) {
    if (a.key != b.key) return a.key < b.key;
    return compare_records(view(a), view(b)) < 0;
  };
  const auto equal = [&](const scan_entry& a, const scan_entry& b) {
    return a.key == b.key && compare_records(view(a), view(b)) == 0;
  };
  std::sort(entries_.begin(), entries_.end(), less);
  entries_.erase(std::unique(entries_.begin(), entries_.end(), equal), entries_.end());
}

void scan_run::format(record_writer& writer) {
  std::string wire;
  wire.reserve(text_.size() + entries_.size() * (ulid::text_size + 2));
  for (const scan_entry& e : *this) writer.append(wire, view(e));
  first_ = head();
  formatted_records_ = entries_.size() - next_;
  text_ = std::move(wire);
  entries_ = {};
  next_ = 0;
}

record_view scan_run::view(const scan_entry& e) const {
  return {order_.id(e.key), topics_[e.topic], std::string_view(text_).substr(e.begin, e.size),
          e.continuation};
}

std::size_t scan_run::bytes() const {
  return text_.capacity() + entries_.capacity() * sizeof(scan_entry) + sizeof(scan_run);
}

void scan_run::drop_from(const ulid& cut) {
  if (formatted()) {
    if (!(first_ < cut)) *this = scan_run();
    return;
  }
  const auto at =
      std::partition_point(entries_.begin() + static_cast<std::ptrdiff_t>(next_), entries_.end(),
                           [&](const scan_entry& e) { return e.key < cut; });
  if (at == entries_.end()) return;
  entries_.erase(at, entries_.end());
  if (empty()) {
    *this = scan_run();
  } else {
    compact();
  }
}

// Copies what is left where it is less than half of what is held.
void scan_run::compact() {
  std::size_t used = 0;
  for (const scan_entry& e : *this) used += e.size;
  if (entries_.size() - next_ < entries_.capacity() / 2) {
    entries_ = std::vector<scan_entry>(begin(), end());
    next_ = 0;
  }
  if (used * 2 >= text_.capacity()) return;
  std::string kept;
  kept.reserve(used);
  for (std::size_t i = next_; i < entries_.size(); ++i) {
    scan_entry& e = entries_[i];
    const auto begin = static_cast<std::uint32_t>(kept.size());
    kept.append(text_, e.begin, e.size);
    e.begin = begin;
  }
  text_ = std::move(kept);
}

}  // namespace oklog
