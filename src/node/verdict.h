// What an answer of the cluster covers (rules K12, K15, K19), from who answered in full and who
// must be accounted for. Pure.
//
//   full      every store and every ingester that counts answered in full
//   degraded  all ingesters did, and of the stores fewer did not than there are copies: whatever
//             they hold is on others that did
//   partial   anything else
#pragma once

#include <string>
#include <vector>

#include "node/roll_call.h"
#include "oklog/base/time.h"
#include "oklog/cluster/member.h"
#include "oklog/cluster/roster.h"

namespace oklog::node {

// How far the clocks of two members may be apart.
inline constexpr duration clock_skew_max = std::chrono::minutes(5);

struct accounting {
  cluster::roster roster;                // of this node's store and of all that answered
  std::vector<cluster::member> members;  // this node itself first
  wall_time now;
  boot_time boot;             // the same moment
  std::uint64_t from_ms = 0;  // the window of the query, unix
  std::uint64_t to_ms = 0;
};

coverage verdict(const roll_call& called, const accounting& who);

}  // namespace oklog::node
