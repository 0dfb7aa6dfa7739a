// The matches that wait to be given out: a merge of runs, with a limit in bytes.
#pragma once

#include <optional>
#include <vector>

#include "store/scan_run.h"

namespace oklog {

class scan_pending {
 public:
  void add(scan_run run);
  bool empty() const { return heap_.empty(); }
  std::size_t bytes() const { return bytes_; }
  const ulid& lowest() const { return heap_.front().head(); }

  // Gives what lies below `bound` (all, where there is none) to the sink, in order and each record
  // once: sink.record(record_view) or sink.wire(bytes, records), until one of them returns false
  // (records of one id are given all the same).
  template <class Sink>
  void give(const std::optional<ulid>& bound, Sink&& sink);

  // Keeps the lowest records, about `bytes_kept` of them, and drops the others; the id from which
  // on they were dropped. None is dropped where all that wait share one id.
  std::optional<ulid> drop_highest(std::size_t bytes_kept);
  void drop_from(const ulid& cut);

 private:
  std::optional<ulid> find_cut(std::size_t bytes_kept) const;
  void push(scan_run run);
  scan_run pop();
  std::vector<record_view> equal_keys(const ulid& key) const;
  void skip_key(const ulid& key);

  std::vector<scan_run> heap_;  // lowest head first
  std::size_t bytes_ = 0;
};

template <class Sink>
void scan_pending::give(const std::optional<ulid>& bound, Sink&& sink) {
  bool more = true;
  while (more && !heap_.empty() && (!bound || lowest() < *bound)) {
    scan_run run = pop();
    if (run.formatted()) {
      more = sink.wire(run.wire(), run.records());
      continue;
    }
    std::optional<ulid> stop = bound;
    if (!heap_.empty() && (!stop || lowest() < *stop)) stop = lowest();
    const bool alone = !stop || run.head() < *stop;
    while (more && !run.empty() && (!stop || run.head() < *stop)) {
      more = sink.record(run.view(*run.begin()));
      run.pop();
    }
    const std::optional<ulid> shared = alone ? std::nullopt : std::optional<ulid>(run.head());
    if (!run.empty()) push(std::move(run));
    if (!shared) continue;
    // Several runs begin with one id: their records of it are put in order and given together.
    for (const record_view& r : equal_keys(*shared)) more = sink.record(r) && more;
    skip_key(*shared);
  }
}

}  // namespace oklog
