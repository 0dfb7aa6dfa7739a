// Reads every live segment of the store again, in turn and at a slow pace, and notes what cannot be
// read any more (rule C12). What becomes of that is another's (mend.h). Loop thread only; the reads
// are slices of work on the pool, behind everything that somebody waits for.
#pragma once

#include <set>
#include <string>

#include "node/pace.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/node/config.h"
#include "oklog/store/scrub_schedule.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class scrubber {
 public:
  // `log` outlives it.
  scrubber(env::environment env, const store_options& options, store_log& log,
           metrics_registry& registry);

  // Returns at once where options.scrub_every is 0.
  env::awaitable<void> run();

 private:
  env::awaitable<void> check(segment_ptr segment);
  void note_failure(const store_segment& segment, const error& why);

  env::environment env_;
  store_options options_;
  store_log& log_;
  pace pace_;
  std::set<std::string> failed_;  // could not be read at their last turn, for a reason of the disk
  counter segments_;
  counter bytes_;
  counter damaged_;
  counter failures_;
};

}  // namespace oklog::node
