#include "store/scan_run.h"

#include <algorithm>

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"

namespace oklog {
namespace {

// fn(run, sequence within the run, record number) for the records that `hits` names.
template <class Fn>
void for_hits(const batch& records, const std::vector<text_hit>& hits, Fn&& fn) {
  auto hit = hits.begin();
  std::uint32_t first = 0;
  for (const id_run& run : records.runs()) {
    for (; hit != hits.end() && hit->record < first + run.count; ++hit) {
      fn(run, hit->record - first, *hit);
    }
    if (hit == hits.end()) return;
    first += run.count;
  }
}

std::vector<bool> wanted_topics(const query& q, const batch& records) {
  std::vector<bool> wanted;
  for (const std::string& topic : records.topics()) wanted.push_back(q.wants_topic(topic));
  return wanted;
}

}  // namespace

std::strong_ordering compare_records(const record_view& a, const record_view& b) {
  if (const auto order = a.id <=> b.id; order != 0) return order;
  if (const auto order = a.text <=> b.text; order != 0) return order;
  return a.topic <=> b.topic;
}

scan_run scan_run::of_hits(const query& q, const range& wanted, const batch& records,
                           const std::vector<text_hit>& hits) {
  scan_run run;
  const std::vector<bool> topics = wanted_topics(q, records);
  const std::vector<std::uint32_t>& continued = records.continuations();
  for_hits(records, hits, [&](const id_run& ids, std::uint32_t n, const text_hit& hit) {
    const ulid id = ulid::make(ids.ms, ids.stream, ids.seq + n);
    if (!wanted.holds(id) || !topics[ids.topic]) return;
    const std::string_view text = std::string_view(records.text()).substr(hit.begin, hit.size);
    const auto begin = static_cast<std::uint32_t>(run.own_.size());
    if (!q.count_only) run.own_.append(text);
    const bool continuation = std::binary_search(continued.begin(), continued.end(), hit.record);
    run.add(q, id, ids.topic, continuation, text, begin);
  });
  run.finish(q, records);
  return run;
}

scan_run scan_run::of_all(const query& q, const range& wanted,
                          std::shared_ptr<const batch> records) {
  scan_run run;
  run.entries_.reserve(records->records());
  const std::vector<bool> topics = wanted_topics(q, *records);
  const bool whole = wanted.holds(records->min()) && wanted.holds(records->max());
  const char* const base = records->text().data();
  auto ids = records->runs().begin();
  std::uint32_t left = records->empty() ? 0 : ids->count;
  records->for_each([&](const record_view& r) {
    if (left == 0) left = (++ids)->count;
    --left;
    if (!topics[ids->topic] || (!whole && !wanted.holds(r.id))) return;
    run.add(q, r.id, ids->topic, r.continuation, r.text,
            static_cast<std::uint32_t>(r.text.data() - base));
  });
  if (!q.count_only) run.shared_ = records;
  run.finish(q, *records);
  return run;
}

void scan_run::add(const query& q, const ulid& id, std::uint32_t topic, bool continuation,
                   std::string_view text, std::uint32_t begin) {
  if (!entries_.empty() && !(entries_.back().id < id)) sorted_ = false;
  scan_entry e{id, begin, static_cast<std::uint32_t>(text.size()), topic, continuation};
  if (q.count_only) {
    const hash128 hash = xxh3_128(text);
    e.begin = static_cast<std::uint32_t>(own_.size());
    e.size = sizeof hash.hi + sizeof hash.lo;
    put_int(own_, hash.hi);
    put_int(own_, hash.lo);
  }
  entries_.push_back(e);
}

void scan_run::finish(const query& q, const batch& records) {
  if (entries_.empty()) {
    *this = scan_run();
    return;
  }
  topics_ = records.topics();
  if (!sorted_) sort();
  if (!q.count_only) compact();
}

void scan_run::sort() {
  // Ids decide nearly always; the text is looked at for equal ones alone.
  const auto less = [&](const scan_entry& a, const scan_entry& b) {
    if (a.id != b.id) return a.id < b.id;
    return compare_records(view(a), view(b)) < 0;
  };
  const auto equal = [&](const scan_entry& a, const scan_entry& b) {
    return a.id == b.id && compare_records(view(a), view(b)) == 0;
  };
  std::sort(entries_.begin(), entries_.end(), less);
  entries_.erase(std::unique(entries_.begin(), entries_.end(), equal), entries_.end());
}

record_view scan_run::view(const scan_entry& e) const {
  return {e.id, topics_[e.topic], text().substr(e.begin, e.size), e.continuation};
}

std::size_t scan_run::bytes() const {
  return text().size() + entries_.capacity() * sizeof(scan_entry) + sizeof(scan_run);
}

void scan_run::drop_from(const ulid& cut) {
  const auto at =
      std::partition_point(entries_.begin() + static_cast<std::ptrdiff_t>(next_), entries_.end(),
                           [&](const scan_entry& e) { return e.id < cut; });
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
  if (used * 2 >= text().size()) return;
  std::string kept;
  kept.reserve(used);
  for (std::size_t i = next_; i < entries_.size(); ++i) {
    scan_entry& e = entries_[i];
    const auto begin = static_cast<std::uint32_t>(kept.size());
    kept.append(text().substr(e.begin, e.size));
    e.begin = begin;
  }
  own_ = std::move(kept);
  shared_.reset();
}

}  // namespace oklog
