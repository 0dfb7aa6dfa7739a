// How far the clocks of the other stores are from ours, as the exchanges of rosters show. Pure.
#pragma once

#include <map>

#include "oklog/base/time.h"
#include "oklog/base/ulid.h"

namespace oklog::node {

inline constexpr duration clock_warning = std::chrono::seconds(1);
inline constexpr duration clock_alarm = std::chrono::seconds(60);

class peer_clocks {
 public:
  // That store's clock less ours, now.
  void note(const ulid& store, duration offset) { offsets_[store] = offset; }
  void forget(const ulid& store) { offsets_.erase(store); }
  // Of all clocks, ours among them; 0 where there is no other. With an even number the one nearer
  // to ours.
  duration median() const;

 private:
  std::map<ulid, duration> offsets_;
};

}  // namespace oklog::node
