// From a target as written to the places to connect to, in the order to try them. Asked anew for
// each connection, so that names may move.
#pragma once

#include <vector>

#include "oklog/env/address.h"
#include "oklog/env/env.h"

namespace oklog::node {

env::awaitable<result<std::vector<env::endpoint>>> resolve(env::environment env,
                                                           env::address target);

}  // namespace oklog::node
