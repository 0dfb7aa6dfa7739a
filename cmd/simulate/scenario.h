// What is done to a simulated cluster of membership machines, and what came of it. Everything
// follows from the options: equal options, equal outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oklog/sim/gossip_world.h"

namespace oklog::simulate {

struct scenario_options {
  std::string scenario = "crash";
  std::size_t nodes = 100;
  std::uint64_t seed = 1;
  std::uint64_t seconds = 0;  // 0: as long as the scenario usually takes
  double loss = 0;            // percent of all packets
  std::size_t victims = 1;    // that crash or are starved
  sim::gossip_rules which = sim::gossip_rules::swim;
};

struct scenario_outcome {
  scenario_options of;
  std::vector<double> first;      // seconds until the first living node knew, one a death
  std::vector<double> all;        // until all did
  std::size_t unseen = 0;         // deaths that somebody never heard of
  std::optional<double> settled;  // seconds until all agreed again, where that is the question
  bool agreed = false;            // at the end: all know who lives, and where
  unsigned worst_score = 0;       // at the end, of the nodes that are well
  std::uint64_t refutes = 0;
  std::size_t nodes_alive = 0;
  double simulated_seconds = 0;  // since the figures were begun
  sim::gossip_figures figures;
  std::uint64_t trace = 0;

  double messages_per_node_second() const;
  double bytes_per_node_second() const;
};

// Error: invalid, where there is no such scenario.
result<scenario_outcome> run_scenario(const scenario_options& o);
std::string scenario_names();

// For people, and as one line of JSON.
std::string as_text(const scenario_outcome& o);
std::string as_json(const scenario_outcome& o);

}  // namespace oklog::simulate
