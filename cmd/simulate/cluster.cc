#include "cmd/simulate/cluster.h"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>

#include "oklog/history/history.h"

namespace oklog::simulate {
namespace {

using history::outcome;
using real_clock = std::chrono::steady_clock;

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

struct totals {
  std::uint64_t histories = 0;
  std::uint64_t failed = 0;
  outcome sum;
  duration slowest_quiet{};
  void add(const outcome& o);
};

void totals::add(const outcome& o) {
  ++histories;
  failed += o.failure.empty() ? 0 : 1;
  sum.hash = sum.hash * 31 + o.hash;
  sum.events += o.events;
  sum.simulated += o.simulated;
  sum.until_quiet += o.until_quiet;
  slowest_quiet = std::max(slowest_quiet, o.until_quiet);
  sum.lines_sent += o.lines_sent;
  sum.lines_kept += o.lines_kept;
  sum.lines_released += o.lines_released;
  sum.records_found += o.records_found;
  sum.commits += o.commits;
  sum.pieces_repaired += o.pieces_repaired;
  sum.full += o.full;
  sum.degraded += o.degraded;
  sum.partial += o.partial;
  sum.none += o.none;
  sum.streams += o.streams;
  for (const auto& [what, times] : o.faults) sum.faults[what] += times;
}

void print_totals(const totals& t, double real) {
  const outcome& s = t.sum;
  std::printf("%" PRIu64 " histories, %" PRIu64 " failed; hash of all %016" PRIx64 "\n", t.histories,
              t.failed, s.hash);
  std::printf("  simulated %.0f s in %.1f s: %.0f times as fast; %.0f events/s\n",
              seconds(s.simulated), real, seconds(s.simulated) / real, double(s.events) / real);
  std::printf("  lines sent %" PRIu64 ", acknowledged %" PRIu64 ", lost with a disk %" PRIu64
              ", found %" PRIu64 "\n",
              s.lines_sent, s.lines_kept, s.lines_released, s.records_found);
  std::printf("  commits %" PRIu64 ", pieces repaired %" PRIu64
              "; quiet after %.1f s, at most %.1f s\n",
              s.commits, s.pieces_repaired, seconds(s.until_quiet) / double(t.histories),
              seconds(t.slowest_quiet));
  std::printf("  answers: %" PRIu64 " full, %" PRIu64 " degraded, %" PRIu64 " partial, %" PRIu64
              " none; streams %" PRIu64 "\n  faults:",
              s.full, s.degraded, s.partial, s.none, s.streams);
  for (const auto& [what, times] : s.faults) {
    std::printf(" %s %" PRIu64, std::string(name(what)).c_str(), times);
  }
  std::printf("\n");
}

std::string command(const cluster_options& o, const history::plan_options& of) {
  std::string c = "simulate cluster --seed " + std::to_string(of.seed);
  const history::fault_set usual = history::usual_faults();
  std::string added;
  std::string left_out;
  for (const history::fault f : history::all_faults) {
    if (of.faults.contains(f) == usual.contains(f)) continue;
    std::string& list = usual.contains(f) ? left_out : added;
    list += (list.empty() ? "" : ",") + std::string(name(f));
  }
  if (!added.empty()) c += " --with " + added;
  if (!left_out.empty()) c += " --without " + left_out;
  std::string events;
  for (const std::size_t n : of.without) {
    events += (events.empty() ? "" : ",") + std::to_string(n);
  }
  if (!events.empty()) c += " --without-events " + events;
  if (o.of.nodes != 0) c += " --nodes " + std::to_string(o.of.nodes);
  if (o.of.factor != 0) c += " --factor " + std::to_string(o.of.factor);
  if (o.of.trouble.count() != 0) c += " --seconds " + std::to_string(o.of.trouble / std::chrono::seconds(1));
  return c;
}

void print_failure(const cluster_options& o, const history::plan_options& of, const outcome& out) {
  std::printf("FAILED seed %" PRIu64 " after %.3f s: %s\n  again: %s\n", of.seed,
              seconds(out.failed_at), out.failure.c_str(), command(o, of).c_str());
  std::fflush(stdout);
}

bool fails(const history::plan_options& of) {
  return !run_history(draw_plan(of)).failure.empty();
}

// Leaves out kinds and then single events as long as it still fails, in whatever way.
history::plan_options reduced(history::plan_options of) {
  for (const history::fault f : history::all_faults) {
    history::plan_options less = of;
    less.faults.erase(f);
    if (of.faults.contains(f) && fails(less)) of = less;
  }
  for (const history::fault_event& e : draw_plan(of).events) {
    history::plan_options less = of;
    less.without.push_back(e.number);
    if (fails(less)) of = less;
  }
  return of;
}

outcome run_one(const cluster_options& o, const history::plan_options& of) {
  const history::plan p = draw_plan(of);
  if (o.trace) std::fputs(describe(p).c_str(), stderr);
  outcome out = run_history(p, o.trace);
  if (o.twice && out.failure.empty() && run_history(p).hash != out.hash) {
    out.failure = "the same seed gave another history";
  }
  if (!out.failure.empty()) print_failure(o, of, out);
  return out;
}

}  // namespace

int run_cluster(const cluster_options& o) {
  const auto begun = real_clock::now();
  auto told = begun;
  const auto passed = [](auto since) {
    return std::chrono::duration<double>(real_clock::now() - since).count();
  };
  totals all;
  for (std::uint64_t n = 0; n < o.count; ++n) {
    history::plan_options of = o.of;
    of.seed += n;
    const outcome out = run_one(o, of);
    all.add(out);
    if (!out.failure.empty() && o.reduce) {
      const history::plan_options less = reduced(of);
      std::printf("  reduced: %s\n", command(o, less).c_str());
    }
    if (o.quiet || passed(told) < 5) continue;
    told = real_clock::now();
    std::printf("... %" PRIu64 " of %" PRIu64 " histories, %" PRIu64 " failed, %.0f s\n",
                all.histories, o.count, all.failed, passed(begun));
    std::fflush(stdout);
  }
  print_totals(all, passed(begun));
  return all.failed == 0 ? 0 : 1;
}

}  // namespace oklog::simulate
