// When which live segment is read whole, to find what the disk has lost (rule C12). Pure.
//
// Each segment has a moment of its own in every period, by the hash of its name, so that the work
// is spread evenly and nothing needs to be remembered: after a restart it goes on with those whose
// moment comes next. A segment that lives for a period beside a running node is read once in it.
// Where the disk is too slow for that, all are read in turn, as fast as it goes.
#pragma once

#include <string>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/store/compact.h"

namespace oklog {

class scrub_schedule {
 public:
  // REQUIRES: every >= 1 ms.
  scrub_schedule(duration every, wall_time now);

  // The next one whose moment has come; nullptr where there is none yet. It counts as read.
  segment_ptr next(const std::vector<segment_ptr>& live, wall_time now);

 private:
  std::int64_t next_moment(const std::string& name) const;

  std::int64_t period_ms_;
  // What comes at or before this moment, and at it up to this name, was read.
  std::int64_t done_ms_;
  std::string done_name_;
};

}  // namespace oklog
