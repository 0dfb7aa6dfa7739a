#include "store/scan_pending.h"

#include <algorithm>

namespace oklog {
namespace {

bool later(const scan_run& a, const scan_run& b) {
  return b.head() < a.head();
}

constexpr std::size_t samples_max = 4096;

}  // namespace

void scan_pending::push(scan_run run) {
  bytes_ += run.bytes();
  heap_.push_back(std::move(run));
  std::push_heap(heap_.begin(), heap_.end(), later);
}

scan_run scan_pending::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  scan_run run = std::move(heap_.back());
  heap_.pop_back();
  bytes_ -= run.bytes();
  return run;
}

void scan_pending::add(scan_run run) {
  if (!run.empty()) push(std::move(run));
}

std::vector<record_view> scan_pending::equal_keys(const ulid& key) const {
  std::vector<record_view> records;
  for (const scan_run& run : heap_) {
    for (const scan_entry* e = run.begin(); e != run.end() && e->key == key; ++e) {
      records.push_back(run.view(*e));
    }
  }
  std::sort(records.begin(), records.end(),
            [](const record_view& a, const record_view& b) { return compare_records(a, b) < 0; });
  const auto end = std::unique(
      records.begin(), records.end(),
      [](const record_view& a, const record_view& b) { return compare_records(a, b) == 0; });
  records.erase(end, records.end());
  return records;
}

void scan_pending::skip_key(const ulid& key) {
  while (!heap_.empty() && lowest() == key) {
    scan_run run = pop();
    while (!run.empty() && run.head() == key) run.pop();
    add(std::move(run));
  }
}

std::optional<ulid> scan_pending::find_cut(std::size_t bytes_kept) const {
  // A sample is enough: the limit is a size, not a promise to the byte.
  struct sample {
    ulid key;
    std::size_t bytes;
  };
  std::vector<sample> samples;
  std::size_t entries = 0;
  for (const scan_run& run : heap_) entries += static_cast<std::size_t>(run.end() - run.begin());
  const std::size_t stride = entries / samples_max + 1;
  for (const scan_run& run : heap_) {
    const auto left = static_cast<std::size_t>(run.end() - run.begin());
    if (run.formatted()) samples.push_back({run.head(), run.bytes()});
    for (std::size_t i = 0; i < left; i += stride) {
      samples.push_back({run.begin()[i].key, run.bytes() / left * std::min(stride, left - i)});
    }
  }
  std::sort(samples.begin(), samples.end(),
            [](const sample& a, const sample& b) { return a.key < b.key; });
  std::size_t kept = 0;
  for (const sample& s : samples) {
    if (kept >= bytes_kept && lowest() < s.key) return s.key;
    kept += s.bytes;
  }
  // One run's samples may all lie at its lowest key: the next one that exists will do.
  std::optional<ulid> cut;
  const auto lower = [&](const ulid& key) {
    if (!(lowest() < key)) return false;
    if (!cut || key < *cut) cut = key;
    return true;
  };
  for (const scan_run& run : heap_) {
    if (run.formatted()) lower(run.head());
    for (const scan_entry& e : run) {
      if (lower(e.key)) break;
    }
  }
  return cut;
}

void scan_pending::drop_from(const ulid& cut) {
  std::vector<scan_run> runs;
  runs.swap(heap_);
  bytes_ = 0;
  for (scan_run& run : runs) {
    run.drop_from(cut);
    add(std::move(run));
  }
}

std::optional<ulid> scan_pending::drop_highest(std::size_t bytes_kept) {
  if (heap_.empty()) return std::nullopt;
  const std::optional<ulid> cut = find_cut(bytes_kept);
  if (cut) drop_from(*cut);
  return cut;
}

}  // namespace oklog
