// Under which address the others know this node.
#pragma once

#include "oklog/cluster/address.h"
#include "oklog/env/env.h"
#include "oklog/node/config.h"

namespace oklog::node {

// What -cluster.advertise-addr says, or else the IP that API or gossip listen on, or else the first
// private IP of this machine, or else its first, or else 127.0.0.1. Its port is that of `gossip`.
// Error: invalid, with an explanation, where others could not reach what was asked for.
env::awaitable<result<cluster::address>> advertised(env::environment env, std::string wanted,
                                                    env::endpoint gossip, env::endpoint api);

}  // namespace oklog::node
