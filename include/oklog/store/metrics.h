// What the store counts. Handles only: a default-constructed one counts nowhere.
#pragma once

#include <string_view>

#include "oklog/base/metrics.h"
#include "oklog/base/time.h"

namespace oklog {

struct store_metrics {
  store_metrics() = default;
  explicit store_metrics(metrics_registry& registry);

  // One compaction. `kind` is Overlapping or Sequential, `outcome` OK, Error or
  // NoSegmentsAvailable; `inputs` becomes a label of few values (0, 2-9, 10-99, 100+).
  void observe_compaction(std::string_view kind, std::size_t inputs, std::string_view outcome,
                          duration took);

  counter consumed_segments;  // ingest segments whose records are in pieces on disk
  counter consumed_bytes;     // of their files
  counter consume_failures;
  counter damaged_blocks;  // in ingest segments that were consumed without them (K10)
  counter replicated_segments_egress;
  counter replicated_bytes_egress;
  counter replicated_segments_ingress;
  counter replicated_bytes_ingress;
  counter trashed_segments;
  counter trashed_bytes;
  counter purged_segments;
  counter purged_bytes;
  counter trash_failures;
  counter purge_failures;
  counter equal_records_dropped;
  counter ulid_conflicts;      // one ULID, two contents: both kept (K1)
  counter written_bytes;       // of store segments, consume and compaction
  counter compacted_segments;  // replaced by compaction
  counter compacted_bytes;
  counter clock_jumps;        // retention stood still because of them (R8)
  counter released_segments;  // let go of: others hold them
  counter released_bytes;
  gauge segments;       // live
  gauge segment_bytes;  // live
  gauge trash_segments;
  gauge trash_bytes;
  gauge quarantined_files;  // every answer is partial while there are any (K20)
  gauge compared_files;     // in quarantine, too, but nothing lacks them
  gauge damaged_segments;   // live ones that could not be read in full
  gauge foreign_files;      // not ours, left alone (D13)
  gauge retention_frozen;   // 1 after a jump of the wall clock

 private:
  metrics_registry* registry_ = nullptr;
};

}  // namespace oklog
