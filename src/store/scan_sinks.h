// Where a scan's merged matches go (scan_pending::give).
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "oklog/query/histogram.h"
#include "oklog/query/record_writer.h"
#include "oklog/store/scan.h"

namespace oklog {

// Gives what is ready to the wire.
struct wire_sink {
  record_writer& writer;
  query_stats& stats;
  std::uint64_t limit;
  std::string& out;

  bool record(const record_view& r) {
    if (stats.records_matched == limit) return false;
    writer.append(out, r);
    ++stats.records_matched;
    return out.size() < scan_output_bytes_target && stats.records_matched < limit;
  }
  bool wire(std::string_view bytes, std::uint64_t records) {
    out.append(bytes);
    stats.records_matched += records;
    return out.size() < scan_output_bytes_target;
  }
};

struct count_sink {
  time_histogram& counts;
  query_stats& stats;

  bool record(const record_view& r) {
    counts.add(r.topic, counts.axis().bucket_of(r.id.ms()), 1);
    ++stats.records_matched;
    return true;
  }
  bool wire(std::string_view, std::uint64_t) { return true; }
};

struct record_sink {
  const std::function<bool(const record_view&)>& fn;
  query_stats& stats;
  std::uint64_t limit;

  bool record(const record_view& r) {
    if (stats.records_matched == limit) return false;
    ++stats.records_matched;
    return fn(r) && stats.records_matched < limit;
  }
  bool wire(std::string_view, std::uint64_t) { return true; }
};

}  // namespace oklog
