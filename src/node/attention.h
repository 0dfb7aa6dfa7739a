// What of a node's status wants somebody's attention: plain sentences, the most urgent first; none
// where all is well. Pure.
#pragma once

#include <string>
#include <vector>

#include "oklog/api/status_api.h"

namespace oklog::node {

// A disk that will be full so soon is spoken of.
inline constexpr duration full_soon = std::chrono::hours(24);

// Whom answers lack is said in `s.answers`, not here.
std::vector<std::string> attention_of(const api::node_status& s);

}  // namespace oklog::node
