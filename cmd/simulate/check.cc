#include "cmd/simulate/check.h"

#include <algorithm>
#include <cstdio>

#include "cmd/simulate/scenario.h"

namespace oklog::simulate {
namespace {

struct goal {
  const char* scenario;
  std::size_t nodes;
  std::uint64_t seeds;
  std::uint64_t seconds = 0;
  double loss = 0;
  std::size_t victims = 1;
  double first_p50 = 1e9;  // seconds
  double first_max = 1e9;
  double spread_max = 1e9;  // from the first who knows to the last
  double settled_max = 1e9;
  std::uint64_t false_healthy = 0;  // in all seeds together
  std::uint64_t false_all = 0;
  std::uint64_t refutes = 0;
  double messages = 1e9;  // a node and second
  double bytes = 1e9;
  bool well_afterwards = true;  // every score is 0
};

constexpr std::uint64_t any = ~std::uint64_t{0};

constexpr goal goals[] = {
    {.scenario = "crash", .nodes = 3, .seeds = 50, .first_p50 = 5.0, .first_max = 6.5},
    {.scenario = "crash",
     .nodes = 10,
     .seeds = 50,
     .first_p50 = 5.0,
     .first_max = 6.5,
     .spread_max = 0.5},
    {.scenario = "crash",
     .nodes = 100,
     .seeds = 20,
     .first_p50 = 9.0,
     .first_max = 12.0,
     .spread_max = 0.5},
    {.scenario = "crash",
     .nodes = 1000,
     .seeds = 2,
     .victims = 4,
     .first_p50 = 13,
     .first_max = 15.0,
     .spread_max = 0.8},
    {.scenario = "kill", .nodes = 100, .seeds = 10, .first_max = 12.0, .spread_max = 0.5},
    {.scenario = "idle", .nodes = 100, .seeds = 2, .messages = 2.3, .bytes = 100},
    {.scenario = "idle", .nodes = 1000, .seeds = 1, .messages = 2.3, .bytes = 100},
    {.scenario = "loss",
     .nodes = 100,
     .seeds = 2,
     .seconds = 1800,
     .loss = 5,
     .refutes = 30,
     .messages = 4,
     .well_afterwards = false},
    {.scenario = "loss",
     .nodes = 100,
     .seeds = 2,
     .seconds = 600,
     .loss = 20,
     .refutes = any,
     .messages = 12,
     .well_afterwards = false},
    {.scenario = "loss",
     .nodes = 1000,
     .seeds = 1,
     .seconds = 60,
     .loss = 5,
     .refutes = any,
     .messages = 4,
     .well_afterwards = false},
    {.scenario = "starved",
     .nodes = 128,
     .seeds = 1,
     .victims = 1,
     .false_all = any,
     .refutes = any,
     .well_afterwards = false},
    {.scenario = "starved",
     .nodes = 128,
     .seeds = 1,
     .victims = 16,
     .false_healthy = 1,
     .false_all = 10'000,
     .refutes = any,
     .well_afterwards = false},
    {.scenario = "restart",
     .nodes = 100,
     .seeds = 5,
     .settled_max = 3,
     .refutes = any,
     .well_afterwards = false},
    {.scenario = "leave", .nodes = 100, .seeds = 5, .settled_max = 3},
    {.scenario = "join", .nodes = 100, .seeds = 5, .settled_max = 3, .refutes = any},
    {.scenario = "partition",
     .nodes = 100,
     .seeds = 2,
     .settled_max = 30,
     .false_healthy = any,
     .false_all = any,
     .refutes = any,
     .well_afterwards = false},
    {.scenario = "oneway",
     .nodes = 30,
     .seeds = 5,
     .settled_max = 60,
     .false_healthy = any,
     .false_all = any,
     .refutes = any,
     .well_afterwards = false},
    {.scenario = "sleep",
     .nodes = 30,
     .seeds = 5,
     .settled_max = 60,
     .false_healthy = any,
     .false_all = any,
     .refutes = any,
     .well_afterwards = false},
    {.scenario = "chaos",
     .nodes = 12,
     .seeds = 20,
     .settled_max = 60,
     .false_healthy = any,
     .false_all = any,
     .refutes = any,
     .well_afterwards = false},
};

class judge {
 public:
  explicit judge(const goal& g) : goal_(g) {}

  void see(const scenario_outcome& o) {
    first_.insert(first_.end(), o.first.begin(), o.first.end());
    for (std::size_t i = 0; i < o.all.size() && i < o.first.size(); ++i) {
      at_most(o.all[i] - o.first[i], goal_.spread_max, "until all knew", o);
    }
    for (const double f : o.first) at_most(f, goal_.first_max, "first detection", o);
    if (goal_.settled_max < 1e9 && !o.settled) wrong("never settled", o);
    at_most(o.settled.value_or(0), goal_.settled_max, "until settled", o);
    at_most(o.messages_per_node_second(), goal_.messages, "messages", o);
    at_most(o.bytes_per_node_second(), goal_.bytes, "bytes", o);
    if (o.unseen > 0 && goal_.settled_max == 1e9) wrong("deaths were not seen by all", o);
    if (goal_.well_afterwards && o.worst_score > 0) wrong("a healthy node's score is not 0", o);
    if (o.figures.largest > 1400 - 46) wrong("a packet is over its limit", o);
    false_healthy_ += o.figures.false_deaths[0][0];
    false_all_ += o.figures.false_deaths_of_all();
    refutes_ += o.refutes;
    last_ = o;
  }

  bool finish() {
    at_most_count(false_healthy_, goal_.false_healthy, "false deaths among the healthy");
    at_most_count(false_all_, std::max(goal_.false_all, goal_.false_healthy), "false deaths");
    at_most_count(refutes_, goal_.refutes, "refutations");
    if (!first_.empty()) {
      std::sort(first_.begin(), first_.end());
      at_most(first_[first_.size() / 2], goal_.first_p50, "first detection, median", last_);
    }
    std::printf("%s %s, %zu nodes, %g %% loss, %zu victims, %llu seeds\n", well_ ? "ok  " : "MISS",
                goal_.scenario, goal_.nodes, goal_.loss, goal_.victims,
                static_cast<unsigned long long>(goal_.seeds));
    std::fflush(stdout);
    return well_;
  }

 private:
  void wrong(const char* what, const scenario_outcome& o) {
    std::printf("     %s: seed %llu\n", what, static_cast<unsigned long long>(o.of.seed));
    well_ = false;
  }
  void at_most(double value, double limit, const char* what, const scenario_outcome& o) {
    if (value <= limit) return;
    std::printf("     %s: %.3f, at most %.3f: seed %llu\n", what, value, limit,
                static_cast<unsigned long long>(o.of.seed));
    well_ = false;
  }
  void at_most_count(std::uint64_t value, std::uint64_t limit, const char* what) {
    at_most(double(value), double(limit), what, last_);
  }

  const goal& goal_;
  bool well_ = true;
  std::vector<double> first_;
  std::uint64_t false_healthy_ = 0;
  std::uint64_t false_all_ = 0;
  std::uint64_t refutes_ = 0;
  scenario_outcome last_;
};

bool reached(const goal& g) {
  judge j(g);
  for (std::uint64_t seed = 1; seed <= g.seeds; ++seed) {
    scenario_options o;
    o.scenario = g.scenario;
    o.nodes = g.nodes;
    o.seed = seed;
    o.seconds = g.seconds;
    o.loss = g.loss;
    o.victims = g.victims;
    const auto out = run_scenario(o);
    if (!out) return false;
    j.see(*out);
  }
  return j.finish();
}

}  // namespace

int check_gossip() {
  bool well = true;
  for (const goal& g : goals) well = reached(g) && well;
  return well ? 0 : 1;
}

}  // namespace oklog::simulate
