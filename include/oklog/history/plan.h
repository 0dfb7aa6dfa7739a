// What a seed means: the cluster, its timeouts, who sends and asks how much, and what goes wrong
// when. A value; equal seeds and faults, equal plans. A kind of fault that is left out changes
// nothing about the others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oklog/cluster/member.h"
#include "oklog/history/faults.h"
#include "oklog/node/config.h"

namespace oklog::history {

struct plan {
  std::uint64_t seed = 0;
  fault_set faults;
  std::vector<cluster::role> roles;  // of the nodes at the beginning
  unsigned factor = 2;               // the largest that any is set to: it holds
  // All but the first node are set to other factors, drawn at each start; the first one never loses
  // its disk.
  bool factors_differ = false;
  node::config settings;  // of every node
  duration trouble;       // so long things go wrong
  duration wall_begins;   // how far the wall clocks are when it begins
  // Of the network, all the time: one in a million.
  std::uint64_t loss = 0;
  std::uint64_t duplication = 0;
  std::uint64_t reordering = 0;
  std::vector<duration> skews;  // by node, in turn
  // Load
  unsigned senders = 4;
  unsigned records_per_second = 20;
  bool topics = false;              // three of them; else one
  duration ask_every;               // on average
  std::vector<fault_event> events;  // ascending
};

struct plan_options {
  std::uint64_t seed = 1;
  fault_set faults = every_fault();
  std::vector<std::size_t> without;  // numbers of events that do not happen
  unsigned nodes = 0;                // 0: drawn
  unsigned factor = 0;               // 0: drawn
  duration trouble{};                // 0: drawn
};

plan draw_plan(const plan_options& o);
// For people; several lines.
std::string describe(const plan& p);

}  // namespace oklog::history
