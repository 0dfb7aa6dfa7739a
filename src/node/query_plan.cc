#include "node/query_plan.h"

#include <algorithm>
#include <tuple>

#include "oklog/store/placement.h"

namespace oklog::node {
namespace {

using standing = plan_copy::standing;

// What reading of one's own disk costs, where the same from another node costs 1.
constexpr double own_cost = 0.75;

using copy_key = std::tuple<partition, std::uint64_t, hash128>;

bool may_be_asked(const plan_copy::holder& h) {
  return h.is == standing::fresh || h.is == standing::slow;
}

}  // namespace

query_plan::query_plan(const std::vector<listed_store>& stores)
    : held_(stores.size()), load_(stores.size()), troubles_(stores.size()) {
  std::map<copy_key, std::size_t> known;
  for (std::size_t i = 0; i < stores.size(); ++i) {
    ids_.push_back(stores[i].id);
    own_.push_back(stores[i].own);
    for (const catalogue_partition& p : stores[i].held.partitions) {
      const copy_key key{p.where, p.digest.count, p.digest.sum};
      const auto [at, fresh] = known.try_emplace(key, copies_.size());
      if (fresh) copies_.push_back({p.where, p.digest, p.bytes, {}, 0});
      copies_[at->second].holders.push_back({i, standing::fresh});
      held_[i][p.where] = at->second;
    }
  }
  // In order of time, as they will be read: the stores take turns.
  for (const auto& [key, n] : known) {
    plan_copy& copy = copies_[n];
    copy.reader = choose(copy, stores.size())->store;
    load_[copy.reader] += copy.bytes;
  }
}

double query_plan::cost(std::size_t store, std::uint64_t bytes) const {
  return static_cast<double>(load_[store] + bytes) * (own_[store] ? own_cost : 1.0);
}

// The least troubled, then the least laden; of equals the one that the copy's rank names, so that
// small queries of one hour do not all go to the same store.
plan_copy::holder* query_plan::choose(plan_copy& copy, std::size_t but) {
  plan_copy::holder* best = nullptr;
  const auto better = [&](const plan_copy::holder& a, const plan_copy::holder& b) {
    const auto rank = [&](const plan_copy::holder& h) {
      return std::tuple(h.is, troubles_[h.store], cost(h.store, copy.bytes),
                        ~rendezvous_weight(copy.where, ids_[h.store]), h.store);
    };
    return rank(a) < rank(b);
  };
  for (plan_copy::holder& h : copy.holders) {
    if (h.store == but || !may_be_asked(h)) continue;
    if (best == nullptr || better(h, *best)) best = &h;
  }
  return best;
}

query_plan::shares query_plan::reading() const {
  shares all;
  for (std::size_t n = 0; n < copies_.size(); ++n) all[copies_[n].reader].push_back(n);
  for (auto& [store, copies] : all) {
    std::sort(copies.begin(), copies.end(),
              [&](std::size_t a, std::size_t b) { return copies_[a].where < copies_[b].where; });
  }
  return all;
}

bool query_plan::replaceable(std::size_t store, const std::vector<std::size_t>& copies) const {
  return std::any_of(copies.begin(), copies.end(), [&](std::size_t n) {
    const auto& holders = copies_[n].holders;
    return std::any_of(holders.begin(), holders.end(), [&](const plan_copy::holder& h) {
      return h.store != store && may_be_asked(h);
    });
  });
}

query_plan::shares query_plan::replace(std::size_t store, trouble what,
                                       const std::vector<std::size_t>& copies,
                                       std::vector<std::size_t>& left) {
  shares instead;
  ++troubles_[store];
  for (const std::size_t n : copies) {
    plan_copy& copy = copies_[n];
    for (plan_copy::holder& h : copy.holders) {
      if (h.store != store) continue;
      const bool again = h.is != standing::fresh;
      h.is = what == trouble::failed ? standing::failed
                                     : (again ? standing::slow_again : standing::slow);
    }
    plan_copy::holder* const next = choose(copy, store);
    if (next == nullptr) {
      left.push_back(n);
      continue;
    }
    // One that was slow before is asked once more, and then waited for.
    if (next->is == standing::slow) next->is = standing::slow_again;
    copy.reader = next->store;
    load_[next->store] += copy.bytes;
    instead[next->store].push_back(n);
  }
  return instead;
}

const std::size_t* query_plan::find(std::size_t store, const partition& where) const {
  if (store >= held_.size()) return nullptr;
  const auto at = held_[store].find(where);
  return at == held_[store].end() ? nullptr : &at->second;
}

}  // namespace oklog::node
