#include "cmd/simulate/scenario.h"

#include <algorithm>

namespace oklog::simulate {
namespace {

using namespace std::chrono_literals;
using sim::gossip_world;

duration length(const scenario_options& o, std::uint64_t usual) {
  return std::chrono::seconds(o.seconds != 0 ? o.seconds : usual);
}

// Different nodes, none of them the first.
std::vector<std::size_t> some_nodes(prng& random, std::size_t nodes, std::size_t wanted) {
  std::vector<std::size_t> all;
  for (std::size_t i = 1; i < nodes; ++i) all.push_back(i);
  random.shuffle(all);
  all.resize(std::min(wanted, all.size()));
  return all;
}

void warm_up(gossip_world& w, prng& random, duration d) {
  w.run_for(d + duration(random.below(1'000'000'000)));
  w.clear_figures();
}

void settle(gossip_world& w, scenario_outcome& out, duration limit) {
  const duration begun = w.now();
  duration asked = begun;
  const auto done = [&] {
    if (w.now() - asked < 10ms) return false;
    asked = w.now();
    return w.agreed();
  };
  if (w.run_until(done, limit)) out.settled = in_seconds(w.now() - begun);
}

bool all_seen(const gossip_world& w) {
  const auto& deaths = w.deaths();
  return std::all_of(deaths.begin(), deaths.end(), [](const auto& d) { return d.all.has_value(); });
}

void crash(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 20s);
  for (const std::size_t i : some_nodes(random, w.size(), out.of.victims)) w.crash(i);
  w.run_until([&w] { return all_seen(w); }, length(out.of, 120));
  w.run_for(15s);
}

void kill(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 20s);
  for (const std::size_t i : some_nodes(random, w.size(), out.of.victims)) w.kill(i);
  w.run_until([&w] { return all_seen(w); }, length(out.of, 120));
  w.run_for(15s);
}

void idle(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 30s);
  w.run_for(length(out.of, 60));
}

void loss(gossip_world& w, prng& random, scenario_outcome& out) {
  if (out.of.loss == 0) w.link().loss = 50'000;
  warm_up(w, random, 30s);
  w.run_for(length(out.of, 3600));
}

void starved(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 10s);
  for (const std::size_t i : some_nodes(random, w.size(), out.of.victims)) {
    w.starve(i, 16s, 250ms);
  }
  w.run_for(length(out.of, 120));
}

void partition(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 10s);
  for (std::size_t i = 0; i < w.size() / 2; ++i) w.put_into_group(i, 1);
  w.block(0, 1);
  w.block(1, 0);
  w.run_for(length(out.of, 60));
  w.heal();
  settle(w, out, 600s);
}

// One node hears others, but is not heard.
void one_way(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 10s);
  for (const std::size_t i : some_nodes(random, w.size(), out.of.victims)) w.put_into_group(i, 1);
  w.block(1, 0);
  w.run_for(length(out.of, 60));
  w.heal();
  settle(w, out, 600s);
}

void restart(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 10s);
  const auto victims = some_nodes(random, w.size(), out.of.victims);
  for (const std::size_t i : victims) w.kill(i);
  w.run_for(length(out.of, 3));
  for (const std::size_t i : victims) w.start(i, random.chance(1, 2), 0);
  settle(w, out, 120s);
}

void sleep(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 10s);
  const auto victims = some_nodes(random, w.size(), out.of.victims);
  for (const std::size_t i : victims) w.suspend(i, length(out.of, 60));
  w.run_for(length(out.of, 60));
  settle(w, out, 120s);
}

void join(gossip_world& w, prng&, scenario_outcome& out) {
  settle(w, out, length(out.of, 300));
}

void leave(gossip_world& w, prng& random, scenario_outcome& out) {
  warm_up(w, random, 10s);
  const auto victims = some_nodes(random, w.size(), out.of.victims);
  for (const std::size_t i : victims) w.leave(i);
  w.run_for(3s);
  for (const std::size_t i : victims) w.kill(i);
  settle(w, out, length(out.of, 60));
}

void one_fault(gossip_world& w, prng& random) {
  const std::size_t i = random.below(w.size());
  const duration d = std::chrono::milliseconds(random.below(20'000));
  switch (random.below(7)) {
    case 0:
      return w.runs(i) ? w.crash(i) : w.start(i, true, random.below(w.size()));
    case 1:
      return w.runs(i) ? w.kill(i) : w.start(i, false, random.below(w.size()));
    case 2:
      return w.stall(i, d);
    case 3:
      return w.suspend(i, d);
    case 4:
      return w.put_into_group(i, random.below(3));
    case 5:
      return w.block(random.below(3), random.below(3));
    default:
      return w.heal();
  }
}

// Everything at once; then the world is whole again, and everybody has to agree.
void chaos(gossip_world& w, prng& random, scenario_outcome& out) {
  w.link().loss = static_cast<unsigned>(random.below(300'000));
  w.link().duplicate = 50'000;
  w.link().reorder = 200'000;
  const duration end = w.now() + length(out.of, 120);
  while (w.now() < end) {
    one_fault(w, random);
    w.run_for(std::chrono::milliseconds(random.below(4000)));
  }
  w.heal();
  w.link().loss = 0;
  if (!w.runs(0)) w.start(0, false, 1);
  for (std::size_t i = 1; i < w.size(); ++i) {
    if (!w.runs(i)) w.start(i, false, 0);
  }
  settle(w, out, 600s);
}

struct entry {
  const char* name;
  void (*run)(gossip_world&, prng&, scenario_outcome&);
};
constexpr entry scenarios[] = {
    {"crash", crash},     {"kill", kill},           {"idle", idle},      {"loss", loss},
    {"starved", starved}, {"partition", partition}, {"oneway", one_way}, {"restart", restart},
    {"sleep", sleep},     {"join", join},           {"leave", leave},    {"chaos", chaos},
};

void take_figures(const gossip_world& w, scenario_outcome& out) {
  for (const sim::gossip_death& d : w.deaths()) {
    if (d.first) out.first.push_back(in_seconds(*d.first));
    if (d.all) out.all.push_back(in_seconds(*d.all));
    if (!d.all) ++out.unseen;
  }
  for (std::size_t i = 0; i < w.size(); ++i) {
    if (w.runs(i)) out.worst_score = std::max(out.worst_score, w.machine(i).score());
  }
  out.agreed = w.agreed();
  out.refutes = w.refutes();
  out.nodes_alive = w.running();
  out.simulated_seconds = in_seconds(w.now());
  out.figures = w.figures();
  out.trace = w.trace_hash();
}

}  // namespace

double scenario_outcome::messages_per_node_second() const {
  return figures.node_seconds > 0 ? double(figures.datagrams) / figures.node_seconds : 0;
}

double scenario_outcome::bytes_per_node_second() const {
  return figures.node_seconds > 0 ? double(figures.bytes) / figures.node_seconds : 0;
}

std::string scenario_names() {
  std::string names;
  for (const entry& e : scenarios) names += (names.empty() ? "" : ", ") + std::string(e.name);
  return names;
}

result<scenario_outcome> run_scenario(const scenario_options& o) {
  const auto* found = std::find_if(std::begin(scenarios), std::end(scenarios),
                                   [&o](const entry& e) { return o.scenario == e.name; });
  if (found == std::end(scenarios)) {
    return fail(errc::invalid, "no scenario \"" + o.scenario + "\": " + scenario_names());
  }
  sim::gossip_options options;
  options.nodes = o.nodes;
  options.seed = o.seed;
  options.which = o.which;
  options.acquainted = o.scenario != "join";
  if (o.scenario == "join" || o.scenario == "chaos") options.seek_interval = 10s;
  options.link.loss = static_cast<unsigned>(o.loss * 10'000);
  gossip_world world(options);
  prng random(o.seed ^ 0x5ca1ab1e);
  scenario_outcome out;
  out.of = o;
  found->run(world, random, out);
  take_figures(world, out);
  return out;
}

}  // namespace oklog::simulate
