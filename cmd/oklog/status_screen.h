// A cluster's status on one screen, from what its members answered to /-/status. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/oklog/ask_cluster.h"

namespace oklog::cmd {

struct cluster_status {
  std::vector<seen_member> members;    // all, as one node sees them
  std::vector<member_answer> answers;  // of those in service
};

// Sentences; empty: all is well.
std::vector<std::string> attention_of(const cluster_status& s);
// What the members said, as they said it, and what wants attention.
nlohmann::ordered_json status_json(const cluster_status& s);
// Safe on a terminal: what members say of themselves is made printable.
std::string status_screen(const cluster_status& s);

}  // namespace oklog::cmd
