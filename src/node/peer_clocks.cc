#include "node/peer_clocks.h"

#include <algorithm>
#include <vector>

namespace oklog::node {

duration peer_clocks::median() const {
  std::vector<duration> all(1, duration::zero());
  for (const auto& [store, offset] : offsets_) all.push_back(offset);
  std::sort(all.begin(), all.end());
  const duration high = all[all.size() / 2];
  if (all.size() % 2 == 1) return high;
  const duration low = all[all.size() / 2 - 1];
  return std::chrono::abs(low) < std::chrono::abs(high) ? low : high;
}

}  // namespace oklog::node
