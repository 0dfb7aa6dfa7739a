// What an answer about everything that is kept would cover now, as far as this node knows without
// asking: whom it would miss, and what an operator can do about it. Pure.
#pragma once

#include "node/verdict.h"

namespace oklog::node {

// Everybody who is in service is taken to answer in full. `who`: as for a verdict on an answer of
// all time.
coverage outlook(const accounting& who);

// Members that are not there any more, whose address another member has now: a disk that was
// replaced, or a machine. A sentence each, with the command that ends their being missed.
std::vector<std::string> replaced_members(const accounting& who);

}  // namespace oklog::node
