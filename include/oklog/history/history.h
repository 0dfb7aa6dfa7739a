// One history: a whole cluster on virtual time, drawn from a seed. First things go wrong, for a
// minute or two, then all is healed, and within a bounded time there must be quiet: queues empty,
// no copy missing, replicas equal, answers full. Then a little more is sent, streamed and asked,
// and everybody stops in order.
#pragma once

#include <map>
#include <string>

#include "oklog/history/plan.h"

namespace oklog::history {

struct outcome {
  std::string failure;  // the first violation; empty: none
  duration failed_at{};
  std::uint64_t hash = 0;  // of all that happened
  std::uint64_t events = 0;
  duration simulated{};
  duration until_quiet{};  // after everything was healed
  std::uint64_t lines_sent = 0;
  std::uint64_t lines_kept = 0;  // acknowledged
  std::uint64_t lines_released = 0;
  std::uint64_t records_found = 0;  // at the end
  std::uint64_t commits = 0;
  std::uint64_t pieces_repaired = 0;
  std::uint64_t full = 0;  // answers, by what they said to cover
  std::uint64_t degraded = 0;
  std::uint64_t partial = 0;
  std::uint64_t none = 0;
  std::uint64_t streams = 0;
  std::map<fault, std::uint64_t> faults;
};

// `print_logs`: what the nodes log, with virtual time, to stderr.
outcome run_history(const plan& p, bool print_logs = false);

}  // namespace oklog::history
