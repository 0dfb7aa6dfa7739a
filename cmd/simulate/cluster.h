// Whole clusters, many histories one after the other.
#pragma once

#include <string>
#include <vector>

#include "oklog/history/plan.h"

namespace oklog::simulate {

struct cluster_options {
  history::plan_options of;  // its seed is the first
  std::uint64_t count = 1;
  std::vector<std::uint64_t> seeds;  // these instead, where there are any
  unsigned jobs = 1;                 // processes that share them
  bool trace = false;   // the plan, and what the nodes log
  bool twice = false;   // each history again, which must be the same
  bool quiet = false;   // no progress
  bool reduce = false;  // of a failing history: leaves out what it does not need
};

// Prints progress and a summary, and of a failing history what failed and how to see it again. The
// exit code: 1 where one failed.
int run_cluster(const cluster_options& o);

}  // namespace oklog::simulate
