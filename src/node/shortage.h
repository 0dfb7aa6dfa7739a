// Whether fewer stores are alive than copies are wanted (rule K8), as members see it: nothing is
// consumed then, ingesters' disks are the queue.
#pragma once

#include <algorithm>
#include <vector>

#include "node/membership.h"

namespace oklog::node {

struct store_shortage {
  unsigned alive = 0;
  unsigned wanted = 1;  // the largest factor of those alive
  bool lone = false;    // the only store that was ever known: it makes the one copy that it can
  unsigned needed() const { return lone ? 1 : wanted; }
  bool consuming() const { return alive >= needed(); }
};

inline store_shortage shortage_of(const std::vector<cluster::member>& all) {
  store_shortage s;
  std::size_t known = 0;
  for (const cluster::member& m : all) {
    if (!has_store(m.data.role)) continue;
    ++known;
    if (!in_service(m)) continue;
    ++s.alive;
    s.wanted = std::max<unsigned>(s.wanted, m.data.replication_factor);
  }
  s.lone = known == 1 && s.alive == 1;
  return s;
}

}  // namespace oklog::node
