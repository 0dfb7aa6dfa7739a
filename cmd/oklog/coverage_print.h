// What an answer lacks, on stderr.
#pragma once

#include <string_view>

#include "oklog/query/coverage.h"

namespace oklog::cmd {

// As a header has it; what is no state (a node that does not say) counts as full.
coverage_state state_named(std::string_view text);

// Nothing where it is full.
void say_coverage(const coverage& c);

}  // namespace oklog::cmd
