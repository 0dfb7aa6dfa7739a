// The direction of a scan. Every id is turned into a key, so that all else works upwards: the
// newest record has the lowest key where the newest come first.
#pragma once

#include "oklog/query/query.h"

namespace oklog {

class scan_order {
 public:
  scan_order() = default;
  explicit scan_order(output_order order) : flip_(order == output_order::descending ? ~0ULL : 0) {}

  bool descending() const { return flip_ != 0; }
  ulid key(const ulid& id) const { return {id.hi ^ flip_, id.lo ^ flip_}; }
  ulid id(const ulid& key) const { return {key.hi ^ flip_, key.lo ^ flip_}; }

 private:
  std::uint64_t flip_ = 0;
};

// Keys, both ends inclusive.
struct key_range {
  ulid first;
  ulid last;
  bool holds(const ulid& key) const { return first <= key && key <= last; }
};

}  // namespace oklog
