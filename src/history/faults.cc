#include "oklog/history/faults.h"

#include <cstdio>

namespace oklog::history {

std::string_view name(fault f) {
  switch (f) {
    case fault::loss:
      return "loss";
    case fault::latency:
      return "latency";
    case fault::cut:
      return "cut";
    case fault::partition:
      return "partition";
    case fault::clog:
      return "clog";
    case fault::reset:
      return "reset";
    case fault::slow_disk:
      return "slow-disk";
    case fault::full_disk:
      return "full-disk";
    case fault::sync_errors:
      return "sync-errors";
    case fault::io_errors:
      return "io-errors";
    case fault::kill:
      return "kill";
    case fault::crash:
      return "crash";
    case fault::torn:
      return "torn";
    case fault::stop:
      return "stop";
    case fault::pause:
      return "pause";
    case fault::wipe:
      return "wipe";
    case fault::gone:
      return "gone";
    case fault::join:
      return "join";
    case fault::skew:
      return "skew";
    case fault::jump:
      return "jump";
    case fault::flip:
      return "flip";
    case fault::retention:
      return "retention";
    case fault::factors:
      return "factors";
    case fault::bad_reads:
      return "bad-reads";
  }
  return "?";
}

std::optional<fault> parse_fault(std::string_view text) {
  for (const fault f : all_faults) {
    if (name(f) == text) return f;
  }
  return std::nullopt;
}

std::string fault_names() {
  std::string names;
  for (const fault f : all_faults) names += (names.empty() ? "" : ",") + std::string(name(f));
  return names;
}

fault_set every_fault() {
  return fault_set(std::begin(all_faults), std::end(all_faults));
}

std::string describe(const fault_event& e) {
  char text[160];
  std::snprintf(text, sizeof text, "%9.3f s %-11s for %.3f s (%llu, %llu, %llu)",
                std::chrono::duration<double>(e.at).count(), std::string(name(e.what)).c_str(),
                std::chrono::duration<double>(e.lasts).count(),
                static_cast<unsigned long long>(e.where % 1000),
                static_cast<unsigned long long>(e.other % 1000),
                static_cast<unsigned long long>(e.amount % 1000));
  return text;
}

}  // namespace oklog::history
