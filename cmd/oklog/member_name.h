// Names of members as people give them: an id, or its first characters, as long as they are one
// member's alone.
#pragma once

#include <string>
#include <vector>

#include "cmd/oklog/ask_cluster.h"

namespace oklog::cmd {

inline constexpr std::size_t name_part_min = 4;  // characters

// Whether it can be a name, or the beginning of one. In either case of letters.
bool may_be_name(const std::string& text);

// The id of the member that is meant. What is as long as an id is taken as it is, also where no
// such member is known. Errors: not_found, conflict (several).
result<std::string> find_name(const std::string& text, const std::vector<seen_member>& members);

}  // namespace oklog::cmd
