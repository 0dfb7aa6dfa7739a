#include "node/clean_pass.h"

#include <algorithm>

namespace oklog::node {

clean_pass::clean_pass(const store_catalogue& own, std::vector<cluster::store_life> gone,
                       unsigned copies)
    : gone_(std::move(gone)), copies_(copies) {
  for (const catalogue_partition& p : own.partitions) open_.insert(p.where);
}

void clean_pass::look(const store_catalogue& own,
                      const std::vector<const store_catalogue*>& others) {
  std::uint64_t floor = own.floor;
  for (const store_catalogue* o : others) floor = std::max(floor, o->floor);
  std::erase_if(open_, [&](const partition& where) {
    const catalogue_partition* held = own.find(where);
    // Released, which others have confirmed, or older than what the cluster keeps (rule K12).
    if (held == nullptr || where.window < floor) return true;
    const auto holds = [&](const store_catalogue* o) {
      const catalogue_partition* theirs = o->find(where);
      return theirs != nullptr && theirs->counts() && theirs->digest == held->digest;
    };
    const auto copies =
        (held->counts() ? 1 : 0) + std::count_if(others.begin(), others.end(), holds);
    return static_cast<std::size_t>(copies) >= copies_;
  });
}

}  // namespace oklog::node
