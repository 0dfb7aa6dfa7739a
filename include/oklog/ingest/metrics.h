// What an ingester counts. Names are those of Go's OK Log where it had them; its counters without
// _total are served once more under the old name.
#pragma once

#include "oklog/base/metrics.h"

namespace oklog::ingest {

struct ingest_metrics {
  ingest_metrics() = default;  // counts nowhere
  explicit ingest_metrics(metrics_registry& registry);

  gauge connected_fast;
  gauge connected_durable;

  counter bytes_written;  // of text with line feeds, once they are in a segment
  counter records_written;
  counter syncs;
  counter flushes_size;  // a segment was full
  counter flushes_age;
  counter flushes_asked;     // at shutdown, or because somebody asked
  counter flushes_poisoned;  // what was synced of a file whose sync or append failed
  histogram flush_age_seconds;
  histogram flush_size_bytes;

  counter failed_segments;
  counter committed_segments;
  counter committed_bytes;
  counter expired_segments;

  counter recovered_tail_bytes;
  counter damaged_blocks;
  counter quarantined_files;
  gauge foreign_files;
  counter poisoned_files;
  counter write_failures;  // a write job that was put back, disk full included

  counter lines_without_topic;
  counter split_lines;
  gauge unwritten_bytes;  // received, not yet in a segment
  gauge unconsumed_segments;
  gauge unconsumed_bytes;
};

}  // namespace oklog::ingest
