// Which stores are to hold what is consumed: those that are alive, admitted and take pieces, and
// how many copies are wanted (rules K7, K8, K14). Loop thread only.
//
// The factor is the largest that any store of the roster is set to. With fewer stores than that
// nothing is consumed, and the ingesters' disks are the queue. One exception: a store whose roster
// has never held another one makes the one copy that it can.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/membership.h"
#include "node/roster_keeper.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/store/placement.h"

namespace oklog::node {

inline constexpr duration refusal_pause = std::chrono::seconds(30);
// A node that has peers, and has met none of them, waits so long before it consumes alone.
inline constexpr duration lone_patience = std::chrono::seconds(30);
// So long after a start nothing is said of stores that are not there yet.
inline constexpr duration start_patience = std::chrono::seconds(10);

class holders {
 public:
  // Both outlive it.
  holders(env::environment env, const membership& members, const roster_keeper& roster,
          metrics_registry& registry);

  // Nothing where there are too few.
  std::optional<store_placement> placement();
  unsigned factor() const { return roster_.roster().factor(); }
  // So it was when last asked for: nothing is consumed.
  bool short_of_stores() const { return short_of_stores_; }
  // This store takes nothing new, and lets go of all that it has.
  bool draining() const { return roster_.self().draining; }
  // How many took pieces then, and whether it is the only store that was ever known.
  unsigned accepting() const { return accepting_; }
  bool alone() const { return was_lone_; }
  // The stores among which partitions have their homes (K7): all that count, but those that are
  // held for gone, so that a short absence moves nothing.
  std::vector<std::string> homes() const;
  // Those of them that have no room: what they lack has its home at the next in rank.
  std::set<std::string> full() const;
  // It did not take a piece: passed over for a while.
  void refused(const std::string& store);

 private:
  bool lone() const;
  bool may_hold(const ulid& store) const;

  env::environment env_;
  const membership& members_;
  const roster_keeper& roster_;
  boot_time since_;  // this process runs
  std::map<std::string, boot_time> passed_over_;
  unsigned accepting_ = 0;
  bool short_of_stores_ = false;
  bool said_short_ = false;
  bool was_lone_ = false;
  gauge wanted_;
  gauge short_;
};

}  // namespace oklog::node
