#include "oklog/ingest/metrics.h"

namespace oklog::ingest {
namespace {

std::vector<double> size_buckets() {
  std::vector<double> buckets;
  for (int bits = 14; bits <= 24; ++bits) buckets.push_back(static_cast<double>(1 << bits));
  return buckets;
}

counter flushes(metrics_registry& r, const char* reason) {
  return r.make_counter("oklog_ingest_writer_flushes_total", "Segments flushed, by reason.",
                        {{"reason", reason}});
}

gauge clients(metrics_registry& r, const char* modality) {
  return r.make_gauge("oklog_connected_clients", "Connections that send lines.",
                      {{"modality", modality}});
}

counter with_old_name(metrics_registry& r, const std::string& old_name, const char* help) {
  const counter made = r.make_counter(old_name + "_total", help);
  r.alias_untyped(old_name + "_total", old_name);
  return made;
}

}  // namespace

ingest_metrics::ingest_metrics(metrics_registry& r)
    : connected_fast(clients(r, "fast")),
      connected_durable(clients(r, "durable")),
      bytes_written(r.make_counter("oklog_ingest_writer_bytes_written_total",
                                   "Bytes of lines written to segments, line feeds included.")),
      records_written(r.make_counter("oklog_ingest_writer_records_written_total",
                                     "Records written to segments.")),
      syncs(r.make_counter("oklog_ingest_writer_syncs_total", "Syncs of active segments.")),
      flushes_size(flushes(r, "size")),
      flushes_age(flushes(r, "age")),
      flushes_asked(flushes(r, "asked")),
      flushes_poisoned(flushes(r, "poisoned")),
      flush_age_seconds(r.make_histogram("oklog_ingest_segment_flush_age_seconds",
                                         "Age of segments when flushed.", default_buckets())),
      flush_size_bytes(r.make_histogram("oklog_ingest_segment_flush_size_bytes",
                                        "File size of segments when flushed.", size_buckets())),
      failed_segments(
          with_old_name(r, "oklog_ingest_failed_segments", "Segments that consumers gave back.")),
      committed_segments(with_old_name(r, "oklog_ingest_committed_segments",
                                       "Segments that consumers committed.")),
      committed_bytes(
          with_old_name(r, "oklog_ingest_committed_bytes", "File bytes of committed segments.")),
      expired_segments(
          r.make_counter("oklog_ingest_expired_segments_total", "Segments whose lease ran out.")),
      recovered_tail_bytes(r.make_counter("oklog_ingest_recovered_tail_bytes_total",
                                          "Bytes of torn tails cut off at start-up.")),
      damaged_blocks(r.make_counter("oklog_ingest_damaged_blocks_total",
                                    "Blocks found damaged at start-up, inside a segment.")),
      quarantined_files(
          r.make_counter("oklog_ingest_quarantined_files_total", "Files moved to quarantine.")),
      foreign_files(r.make_gauge("oklog_ingest_foreign_files",
                                 "Files in the directory that are not ours; left alone.")),
      poisoned_files(r.make_counter("oklog_ingest_poisoned_files_total",
                                    "Active files given up after a failed sync or write.")),
      write_failures(r.make_counter("oklog_ingest_write_failures_total",
                                    "Writes that failed and are tried again.")),
      lines_without_topic(r.make_counter("oklog_ingest_lines_without_topic_total",
                                         "Lines without a valid first word, in dynamic mode.")),
      split_lines(r.make_counter("oklog_ingest_split_lines_total",
                                 "Lines over the limit, stored as several records.")),
      unwritten_bytes(
          r.make_gauge("oklog_ingest_unwritten_bytes", "Bytes received and not yet in a segment.")),
      unconsumed_segments(
          r.make_gauge("oklog_ingest_unconsumed_segments", "Flushed and pending segments.")),
      unconsumed_bytes(r.make_gauge("oklog_ingest_unconsumed_bytes",
                                    "File bytes of flushed and pending segments.")) {}

}  // namespace oklog::ingest
