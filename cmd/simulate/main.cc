// simulate: whole clusters on virtual time, replayed from a seed. A tool for those who work on
// oklog; it is not installed.
//
//   simulate gossip --nodes 100 --seed 7 --scenario crash
//   simulate cluster --seed 1 --count 100
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "cmd/simulate/check.h"
#include "cmd/simulate/cluster.h"
#include "cmd/simulate/scenario.h"

namespace {

using namespace oklog;

struct gossip_flags {
  simulate::scenario_options options;
  std::uint64_t seeds = 1;
  bool json = false;
  bool timing = false;
};

void add_flags(CLI::App& app, gossip_flags& f) {
  using sim::gossip_rules;
  const std::map<std::string, gossip_rules> rules{{"swim", gossip_rules::swim},
                                                  {"memberlist", gossip_rules::memberlist}};
  app.add_option("--nodes", f.options.nodes, "how many")->check(CLI::Range(1, 60'000));
  app.add_option("--seed", f.options.seed, "everything follows from it");
  app.add_option("--seeds", f.seeds, "run so many worlds, with this seed and those behind it");
  app.add_option("--scenario", f.options.scenario, simulate::scenario_names());
  app.add_option("--seconds", f.options.seconds, "how long; 0: as the scenario usually takes");
  app.add_option("--loss", f.options.loss, "percent of packets lost")->check(CLI::Range(0, 100));
  app.add_option("--victims", f.options.victims, "how many nodes crash, or are starved");
  app.add_option("--rules", f.options.which, "swim (ours) or memberlist")
      ->transform(CLI::CheckedTransformer(rules));
  app.add_flag("--json", f.json, "a line of JSON for each world");
  app.add_flag("--timing", f.timing, "says how long it really took, on standard error");
}

void add_flags(CLI::App& app, simulate::cluster_options& o, std::vector<std::string>& without,
               std::uint64_t& seconds) {
  app.add_option("--seed", o.of.seed, "everything follows from it");
  app.add_option("--count", o.count, "run so many histories, with this seed and those behind it");
  app.add_option("--without", without,
                 "kinds of faults that do not happen: " + history::fault_names())
      ->delimiter(',');
  app.add_option("--seeds", o.seeds, "these instead")->delimiter(',');
  app.add_option("--jobs", o.jobs, "processes that share the histories")->check(CLI::Range(1, 64));
  app.add_option("--without-events", o.of.without, "numbers of single faults that do not happen")
      ->delimiter(',');
  app.add_option("--nodes", o.of.nodes, "how many; 0: drawn")->check(CLI::Range(0, 12));
  app.add_option("--factor", o.of.factor, "copies; 0: drawn")->check(CLI::Range(0, 5));
  app.add_option("--seconds", seconds, "so long things go wrong; 0: drawn");
  app.add_flag("--trace", o.trace, "the plan and the logs of all nodes, on standard error");
  app.add_flag("--twice", o.twice, "each history twice, which must be the same");
  app.add_flag("--reduce", o.reduce, "leaves out of a failing history what it does not need");
  app.add_flag("--no-progress", o.quiet, "the summary alone");
}

bool read_faults(const char* flag, const std::vector<std::string>& names,
                 const std::function<void(history::fault)>& take) {
  for (const std::string& what : names) {
    const auto f = history::parse_fault(what);
    if (!f) {
      std::fprintf(stderr, "simulate: %s %s: one of %s was expected\n", flag, what.c_str(),
                   history::fault_names().c_str());
      return false;
    }
    take(*f);
  }
  return true;
}

int run_histories(simulate::cluster_options& o, const std::vector<std::string>& without,
                  std::uint64_t seconds) {
  history::fault_set& faults = o.of.faults;
  const auto leave_out = [&faults](history::fault f) { faults.erase(f); };
  if (!read_faults("--without", without, leave_out)) return 2;
  o.of.trouble = std::chrono::seconds(seconds);
  return simulate::run_cluster(o);
}

int run_gossip(const gossip_flags& f) {
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t s = 0; s < f.seeds; ++s) {
    simulate::scenario_options o = f.options;
    o.seed += s;
    const auto out = simulate::run_scenario(o);
    if (!out) {
      std::fprintf(stderr, "simulate: %s\n", out.error().what.c_str());
      return 2;
    }
    std::fputs((f.json ? as_json(*out) + "\n" : as_text(*out)).c_str(), stdout);
    std::fflush(stdout);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  if (f.timing) std::fprintf(stderr, "took %.2f s\n", took.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Whole clusters on virtual time, replayed from a seed.", "simulate");
  app.require_subcommand(1);
  gossip_flags flags;
  auto* gossip = app.add_subcommand("gossip", "members that probe each other");
  add_flags(*gossip, flags);
  auto* check = app.add_subcommand("gossip-check", "what the goals ask of membership, for a test");
  simulate::cluster_options histories;
  std::vector<std::string> without;
  std::uint64_t seconds = 0;
  auto* whole = app.add_subcommand("cluster", "whole clusters under faults, judged");
  add_flags(*whole, histories, without, seconds);
  CLI11_PARSE(app, argc, argv);
  if (whole->parsed()) return run_histories(histories, without, seconds);
  if (check->parsed()) return simulate::check_gossip();
  return run_gossip(flags);
}
