// A stable natural merge sort (Knuth 5.2.4, without timsort's galloping): finds the runs that are
// in order already, lengthens short ones by insertion, and merges neighbours. Before each merge the
// ends that lie in order already are cut off by binary search, so that neighbours that hardly
// overlap cost hardly anything: records received together are nearly sorted, and copies of one
// partition overlap only at their seams.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace oklog {

template <class T, class Less>
class run_sorter {
 public:
  run_sorter(std::vector<T>& scratch, Less less) : scratch_(scratch), less_(less) {}

  void sort(T* first, T* last) {
    find_runs(first, last);
    while (starts_.size() > 2) {  // the last entry is the end
      std::size_t kept = 0;
      for (std::size_t i = 0; i + 1 < starts_.size(); i += 2) {
        if (i + 2 < starts_.size()) merge(starts_[i], starts_[i + 1], starts_[i + 2]);
        starts_[kept++] = starts_[i];
      }
      starts_[kept++] = last;
      starts_.resize(kept);
    }
  }

 private:
  static constexpr std::ptrdiff_t run_min = 24;

  void find_runs(T* first, T* last) {
    starts_.clear();
    for (T* at = first; at < last;) {
      starts_.push_back(at);
      T* end = at + 1;
      while (end < last && !less_(*end, end[-1])) ++end;
      if (end - at < run_min && end < last) {
        T* const stop = at + std::min<std::ptrdiff_t>(run_min, last - at);
        for (; end < stop; ++end) insert(at, end);
        while (end < last && !less_(*end, end[-1])) ++end;
      }
      at = end;
    }
    starts_.push_back(last);
  }

  // Puts *at into its place among the sorted [first, at).
  void insert(T* first, T* at) {
    const T value = *at;
    T* to = at;
    for (; to > first && less_(value, to[-1]); --to) *to = to[-1];
    *to = value;
  }

  void merge(T* a, T* b, T* end) {
    if (!less_(*b, b[-1])) return;
    a = std::upper_bound(a, b, *b, less_);
    end = std::lower_bound(b, end, b[-1], less_);
    if (b - a <= end - b) {
      merge_up(a, b, end);
    } else {
      merge_down(a, b, end);
    }
  }

  // The left side waits in scratch; output grows upwards.
  void merge_up(T* a, T* b, T* end) {
    scratch_.assign(a, b);
    const T* left = scratch_.data();
    const T* const left_end = left + scratch_.size();
    while (left < left_end && b < end) {
      const bool right_first = less_(*b, *left);
      *a++ = right_first ? *b : *left;
      b += right_first ? 1 : 0;
      left += right_first ? 0 : 1;
    }
    std::copy(left, left_end, a);
  }

  // The right side waits in scratch; output grows downwards.
  void merge_down(T* a, T* b, T* end) {
    scratch_.assign(b, end);
    const T* const right_begin = scratch_.data();
    const T* right = right_begin + scratch_.size();
    while (right > right_begin && b > a) {
      const bool left_last = less_(right[-1], b[-1]);
      *--end = left_last ? b[-1] : right[-1];
      b -= left_last ? 1 : 0;
      right -= left_last ? 0 : 1;
    }
    std::copy_backward(right_begin, right, end);
  }

  std::vector<T>& scratch_;
  std::vector<T*> starts_;
  Less less_;
};

}  // namespace oklog
