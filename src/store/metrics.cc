#include "oklog/store/metrics.h"

namespace oklog {

namespace {

// A counter under our name, and once more under the one that Go's OK Log used.
counter old_counter(metrics_registry& registry, const std::string& stem, const std::string& help,
                    const metric_labels& labels = {}) {
  const std::string old_name = "oklog_store_" + stem;
  registry.alias_untyped(old_name + "_total", old_name);
  return registry.make_counter(old_name + "_total", help, labels);
}

counter new_counter(metrics_registry& registry, const std::string& stem, const std::string& help,
                    const metric_labels& labels = {}) {
  return registry.make_counter("oklog_store_" + stem + "_total", help, labels);
}

gauge new_gauge(metrics_registry& registry, const std::string& stem, const std::string& help) {
  return registry.make_gauge("oklog_store_" + stem, help);
}

std::string_view bucket_of(std::size_t inputs) {
  if (inputs < 2) return "0";
  if (inputs < 10) return "2-9";
  return inputs < 100 ? "10-99" : "100+";
}

}  // namespace

store_metrics::store_metrics(metrics_registry& r) : registry_(&r) {
  consumed_segments =
      old_counter(r, "consumed_segments", "Ingest segments whose records are on disk here.");
  consumed_bytes = old_counter(r, "consumed_bytes", "Bytes of the ingest segments consumed.");
  consume_failures = new_counter(r, "consume_failures", "Merges of claimed segments that failed.");
  damaged_blocks =
      new_counter(r, "damaged_blocks", "Blocks of ingest segments that failed their checks.");
  const metric_labels egress{{"direction", "egress"}};
  const metric_labels ingress{{"direction", "ingress"}};
  const std::string segments_help = "Store segments sent to (egress) or taken from other stores.";
  const std::string bytes_help = "Bytes of store segments sent to or taken from other stores.";
  replicated_segments_egress = old_counter(r, "replicated_segments", segments_help, egress);
  replicated_segments_ingress = old_counter(r, "replicated_segments", segments_help, ingress);
  replicated_bytes_egress = old_counter(r, "replicated_bytes", bytes_help, egress);
  replicated_bytes_ingress = old_counter(r, "replicated_bytes", bytes_help, ingress);
  const metric_labels yes{{"success", "true"}};
  const metric_labels no{{"success", "false"}};
  trashed_segments = old_counter(r, "trashed_segments", "Segments past retention.", yes);
  trash_failures = old_counter(r, "trashed_segments", "Segments past retention.", no);
  purged_segments = old_counter(r, "purged_segments", "Segments removed from the trash.", yes);
  purge_failures = old_counter(r, "purged_segments", "Segments removed from the trash.", no);
  trashed_bytes = new_counter(r, "trashed_bytes", "Bytes of segments past retention.");
  purged_bytes = new_counter(r, "purged_bytes", "Bytes of segments removed from the trash.");
  equal_records_dropped =
      new_counter(r, "equal_records_dropped", "Copies of records that were merged away.");
  ulid_conflicts =
      new_counter(r, "ulid_conflict", "Records of one ULID with different content, all kept.");
  written_bytes = new_counter(r, "written_bytes", "Bytes of store segments written.");
  compacted_segments = new_counter(r, "compacted_segments", "Segments replaced by compaction.");
  compacted_bytes = new_counter(r, "compacted_bytes", "Bytes of segments replaced by compaction.");
  released_segments =
      new_counter(r, "released_segments", "Segments let go of: other stores hold them.");
  released_bytes = new_counter(r, "released_bytes", "Bytes of segments let go of.");
  clock_jumps = new_counter(r, "clock_jumps", "Jumps of the wall clock that froze retention.");
  this->segments = new_gauge(r, "segments", "Live segments.");
  segment_bytes = new_gauge(r, "segment_bytes", "Bytes of the live segments.");
  trash_segments = new_gauge(r, "trash_segments", "Segments in the trash.");
  trash_bytes = new_gauge(r, "trash_bytes", "Bytes of the segments in the trash.");
  quarantined_files =
      new_gauge(r, "quarantined_files", "Files in quarantine: answers are partial while any are.");
  compared_files = new_gauge(r, "compared_files",
                             "Files in quarantine of which nothing is missing: others held it.");
  damaged_segments =
      new_gauge(r, "damaged_segments", "Live segments that could not be read in full.");
  foreign_files = new_gauge(r, "foreign_files", "Files in the directory that are not ours.");
  retention_frozen =
      new_gauge(r, "retention_frozen", "1 while a jump of the wall clock holds up retention.");
}

void store_metrics::observe_compaction(std::string_view kind, std::size_t inputs,
                                       std::string_view outcome, duration took) {
  if (!registry_) return;
  const metric_labels labels{{"kind", std::string(kind)},
                             {"compacted", std::string(bucket_of(inputs))},
                             {"result", std::string(outcome)}};
  registry_
      ->make_histogram("oklog_store_compact_duration_seconds", "Duration of compactions.",
                       default_buckets(), labels)
      .observe(std::chrono::duration<double>(took).count());
}

}  // namespace oklog
