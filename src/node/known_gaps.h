// Where this store was asked for records that it does not hold: the hint which repair needs in
// hours that are still written to, where neither digests nor counts say for certain what is
// missing. A hint too many costs a copy that merges away. Loop thread only.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "oklog/base/ulid.h"
#include "oklog/segment/store_segment.h"

namespace oklog::node {

inline constexpr std::size_t known_gaps_max = 10'000;  // what is asked for again is noted again

class known_gaps {
 public:
  using ranges = std::vector<std::pair<ulid, ulid>>;

  void note(const partition& where, const ulid& min, const ulid& max) {
    if (size_ >= known_gaps_max) return;
    gaps_[where].emplace_back(min, max);
    ++size_;
  }
  std::map<partition, ranges> take() {
    size_ = 0;
    return std::exchange(gaps_, {});
  }

 private:
  std::map<partition, ranges> gaps_;
  std::size_t size_ = 0;
};

}  // namespace oklog::node
