// What a store lacks, from what all stores in service say that they hold (rules K7, K11, K12).
// Pure.
//
// Only partitions whose home set names this store are repaired, and only pieces that a store has
// listed twice, a pass apart: what is being replicated right now arrives by itself. A piece is
// wanted where
//   - what we hold in its range of ids has fewer records: then we lack some of it; or
//   - the digests differ, both sides are settled, and neither has changed since the last pass: then
//     the sets differ, and all that the other one has is taken. Compaction drops what is equal; or
//   - it meets records that this store was asked for, and does not hold.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/known_gaps.h"
#include "oklog/store/catalogue.h"

namespace oklog::node {

struct store_view {
  std::string api;
  store_catalogue held;
};

struct repair_copy {
  std::string store;
  std::string api;
  std::vector<catalogue_segment> segments;  // the wanted ones
};
struct repair_task {
  partition where;
  std::vector<repair_copy> copies;  // the one with the most records first
};

struct repair_plan {
  std::vector<repair_task> tasks;         // the newest partition first
  std::size_t partitions = 0;             // that are known, and not to go
  std::set<partition> under_replicated;   // those with fewer copies than wanted
  std::map<std::string, unsigned> waits;  // passes in which a smaller copy was left alone
  bool more_to_come = false;              // something is lacking, and was not listed a pass ago
};

struct repair_view {
  store_catalogue own;
  std::vector<store_view> others;              // that are in service and answered
  std::map<std::string, store_catalogue> old;  // by store id, of the pass before, the own one too
  std::vector<std::string> homes;              // stores that may be in home sets
  std::set<std::string> full;                  // of them: not for what they lack
  unsigned factor = 1;
  // A home with fewer records than we have will take ours, and then hold at least as many: so long
  // (in passes) its copy is left alone, so that not both copy everything.
  unsigned patience = 60;
  std::map<std::string, unsigned> waits;  // of the plan before
  std::map<partition, known_gaps::ranges> gaps;
};

repair_plan plan_repair(const repair_view& view);

}  // namespace oklog::node
