#include "oklog/sim/gossip_machine.h"

#include "sim/memberlist.h"
#include "sim/swim_machine.h"

namespace oklog::sim {

std::unique_ptr<gossip_machine> make_gossip_machine(gossip_rules which, const cluster::rules& r,
                                                    cluster::data_pool& pool,
                                                    const gossip_birth& birth, prng random) {
  if (which == gossip_rules::memberlist) return std::make_unique<memberlist>(pool, birth, random);
  return std::make_unique<swim_machine>(r, pool, birth, random);
}

}  // namespace oklog::sim
