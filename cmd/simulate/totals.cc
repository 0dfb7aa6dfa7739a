#include "cmd/simulate/totals.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <sstream>

namespace oklog::simulate {
namespace {

using history::outcome;

constexpr std::uint64_t outcome::*counters[] = {
    &outcome::hash,       &outcome::events,          &outcome::lines_sent,
    &outcome::lines_kept, &outcome::lines_released,  &outcome::records_found,
    &outcome::commits,    &outcome::pieces_repaired, &outcome::full,
    &outcome::degraded,   &outcome::partial,         &outcome::none,
    &outcome::streams};

}  // namespace

void totals::add(const outcome& o) {
  totals one;
  one.histories = 1;
  one.failed = o.failure.empty() ? 0 : 1;
  one.sum = o;
  one.slowest_quiet = o.until_quiet;
  add(one);
}

// In any order the same: the hashes are added, too.
void totals::add(const totals& other) {
  histories += other.histories;
  failed += other.failed;
  slowest_quiet = std::max(slowest_quiet, other.slowest_quiet);
  sum.simulated += other.sum.simulated;
  sum.until_quiet += other.sum.until_quiet;
  for (const auto counter : counters) sum.*counter += other.sum.*counter;
  for (const auto& [what, times] : other.sum.faults) sum.faults[what] += times;
}

std::string totals::line() const {
  std::ostringstream out;
  out << histories << ' ' << failed << ' ' << slowest_quiet.count() << ' ' << sum.simulated.count()
      << ' ' << sum.until_quiet.count();
  for (const auto counter : counters) out << ' ' << sum.*counter;
  for (const history::fault f : history::all_faults) {
    const auto at = sum.faults.find(f);
    out << ' ' << (at == sum.faults.end() ? 0 : at->second);
  }
  return out.str();
}

bool totals::read(const std::string& line) {
  std::istringstream in(line);
  std::int64_t slowest = 0;
  std::int64_t simulated = 0;
  std::int64_t quiet = 0;
  in >> histories >> failed >> slowest >> simulated >> quiet;
  slowest_quiet = duration(slowest);
  sum.simulated = duration(simulated);
  sum.until_quiet = duration(quiet);
  for (const auto counter : counters) in >> sum.*counter;
  for (const history::fault f : history::all_faults) {
    std::uint64_t times = 0;
    in >> times;
    if (times > 0) sum.faults[f] = times;
  }
  return !in.fail();
}

void totals::print(double real) const {
  const outcome& s = sum;
  std::printf("%" PRIu64 " histories, %" PRIu64 " failed; hash of all %016" PRIx64 "\n", histories,
              failed, s.hash);
  std::printf("  simulated %.0f s in %.1f s: %.0f times as fast; %.0f events/s\n",
              in_seconds(s.simulated), real, in_seconds(s.simulated) / real,
              double(s.events) / real);
  std::printf("  lines sent %" PRIu64 ", acknowledged %" PRIu64 ", lost with a disk %" PRIu64
              ", found %" PRIu64 "\n",
              s.lines_sent, s.lines_kept, s.lines_released, s.records_found);
  std::printf("  commits %" PRIu64 ", pieces repaired %" PRIu64
              "; quiet after %.1f s, at most %.1f s\n",
              s.commits, s.pieces_repaired,
              in_seconds(s.until_quiet) / double(std::max<std::uint64_t>(histories, 1)),
              in_seconds(slowest_quiet));
  std::printf("  answers: %" PRIu64 " full, %" PRIu64 " degraded, %" PRIu64 " partial, %" PRIu64
              " none; streams %" PRIu64 "\n  faults:",
              s.full, s.degraded, s.partial, s.none, s.streams);
  for (const auto& [what, times] : s.faults) {
    std::printf(" %s %" PRIu64, std::string(name(what)).c_str(), times);
  }
  std::printf("\n");
}

}  // namespace oklog::simulate
