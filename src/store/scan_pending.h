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
  const ulid& lowest() const { return heap_.front().head().id; }

  // Gives records below `bound` (all, where there is none) to fn(record_view), in order and each
  // once, until fn returns false.
  template <class Fn>
  void give(const std::optional<ulid>& bound, Fn&& fn);

  // Keeps the lowest records, about `bytes_kept` of them, and drops the others; the id from which
  // on they were dropped. None is dropped where all that wait share one id.
  std::optional<ulid> drop_highest(std::size_t bytes_kept);
  void drop_from(const ulid& cut);

 private:
  std::optional<ulid> find_cut(std::size_t bytes_kept) const;
  void push(scan_run run);
  scan_run pop();
  std::vector<record_view> equal_ids(const ulid& id) const;
  void skip_id(const ulid& id);

  std::vector<scan_run> heap_;  // lowest head first
  std::size_t bytes_ = 0;
};

template <class Fn>
void scan_pending::give(const std::optional<ulid>& bound, Fn&& fn) {
  bool more = true;
  while (more && !heap_.empty() && (!bound || lowest() < *bound)) {
    scan_run run = pop();
    std::optional<ulid> stop = bound;
    if (!heap_.empty() && (!stop || lowest() < *stop)) stop = lowest();
    const bool alone = !stop || run.head().id < *stop;
    while (more && !run.empty() && (!stop || run.head().id < *stop)) {
      more = fn(run.view(run.head()));
      run.pop();
    }
    const std::optional<ulid> shared = alone ? std::nullopt : std::optional<ulid>(run.head().id);
    if (!run.empty()) push(std::move(run));
    if (!shared) continue;
    // Several runs begin with one id: their records of it are put in order and given together.
    for (const record_view& r : equal_ids(*shared)) more = fn(r) && more;
    skip_id(*shared);
  }
}

}  // namespace oklog
