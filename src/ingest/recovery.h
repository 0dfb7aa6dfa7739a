// What an ingester finds on its disk when it starts (rules C4, C8, C14, K10, K25).
//
// Blocking. Every step leaves a state from which the same recovery comes to the same end, so that a
// crash during it does no harm. A file is judged by its bytes; only one of our own name and content
// is ever renamed, moved to quarantine or, where it provably holds nothing, removed.
#pragma once

#include <vector>

#include "oklog/base/log.h"
#include "oklog/ingest/jobs.h"
#include "oklog/ingest/metrics.h"
#include "oklog/ingest/shard_counter.h"

namespace oklog::ingest {

struct recovered_segment {
  segment_content content;
  bool damaged = false;  // a block in the middle; its commit moves it to quarantine
  ulid min = ulid_max;
  ulid max = ulid_min;
};

// Success: all of them are on disk as .flushed, complete; oldest first.
result<std::vector<recovered_segment>> recover(env::filesystem& fs, data_directory& dir,
                                               shard_counter& shards, ingest_metrics& metrics,
                                               logger& log);

}  // namespace oklog::ingest
