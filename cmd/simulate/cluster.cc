#include "cmd/simulate/cluster.h"

#include <chrono>
#include <cinttypes>
#include <cstdio>

#include "cmd/simulate/totals.h"
#include "cmd/simulate/workers.h"
#include "oklog/history/history.h"

namespace oklog::simulate {
namespace {

using history::outcome;
using real_clock = std::chrono::steady_clock;

double passed(real_clock::time_point since) {
  return std::chrono::duration<double>(real_clock::now() - since).count();
}

std::string command(const cluster_options& o, const history::plan_options& of) {
  std::string c = "simulate cluster --seed " + std::to_string(of.seed);
  std::string left_out;
  for (const history::fault f : history::all_faults) {
    if (of.faults.contains(f)) continue;
    left_out += (left_out.empty() ? "" : ",") + std::string(name(f));
  }
  if (!left_out.empty()) c += " --without " + left_out;
  std::string events;
  for (const std::size_t n : of.without) {
    events += (events.empty() ? "" : ",") + std::to_string(n);
  }
  if (!events.empty()) c += " --without-events " + events;
  if (o.of.nodes != 0) c += " --nodes " + std::to_string(o.of.nodes);
  if (o.of.factor != 0) c += " --factor " + std::to_string(o.of.factor);
  if (o.of.trouble.count() != 0)
    c += " --seconds " + std::to_string(o.of.trouble / std::chrono::seconds(1));
  return c;
}

void print_failure(const cluster_options& o, const history::plan_options& of, const outcome& out) {
  std::printf("FAILED seed %" PRIu64 " after %.3f s: %s\n  again: %s\n", of.seed,
              in_seconds(out.failed_at), out.failure.c_str(), command(o, of).c_str());
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

// Every jobs-th history; the first worker tells how far it is.
totals run_share(const cluster_options& o, unsigned worker) {
  const auto begun = real_clock::now();
  auto told = begun;
  totals share;
  const std::uint64_t count = o.seeds.empty() ? o.count : o.seeds.size();
  for (std::uint64_t n = worker; n < count; n += o.jobs) {
    history::plan_options of = o.of;
    of.seed = o.seeds.empty() ? of.seed + n : o.seeds[n];
    const outcome out = run_one(o, of);
    share.add(out);
    if (!out.failure.empty() && o.reduce) {
      const history::plan_options less = reduced(of);
      std::printf("  reduced: %s\n", command(o, less).c_str());
    }
    if (o.quiet || worker != 0 || passed(told) < 5) continue;
    told = real_clock::now();
    std::printf("... %" PRIu64 " of %" PRIu64 " histories, %.0f s\n", n + 1, count, passed(begun));
    std::fflush(stdout);
  }
  return share;
}

}  // namespace

int run_cluster(const cluster_options& o) {
  const auto begun = real_clock::now();
  const auto work = [&](unsigned worker) { return run_share(o, worker).line(); };
  bool well = true;
  totals all;
  for (const worker_report& r : run_workers(o.jobs, work)) {
    totals share;
    if (r.ended && share.read(r.text)) {
      all.add(share);
    } else {
      std::printf("a worker crashed: what it was at stands on standard error\n");
      well = false;
    }
  }
  all.print(passed(begun));
  return well && all.failed == 0 ? 0 : 1;
}

}  // namespace oklog::simulate
