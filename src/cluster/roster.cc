#include "oklog/cluster/roster.h"

#include <algorithm>

namespace oklog::cluster {
namespace {

bool contains(const std::vector<store_life>& sorted, const store_life& s) {
  return std::binary_search(sorted.begin(), sorted.end(), s);
}

bool ascending(const std::vector<store_life>& all) {
  return all.size() <= roster_gone_max &&
         std::adjacent_find(all.begin(), all.end(), std::greater_equal<>()) == all.end();
}

template <class T>
bool raise(T& value, const T& to) {
  if (to <= value) return false;
  value = to;
  return true;
}

}  // namespace

bool low_water::worth_saying(const low_water& before) const {
  const bool moved = ms < before.ms || ms >= before.ms + low_water_step_ms;
  return moved && before < *this;
}

bool store_entry::holds_for_gone(const store_life& s) const {
  return contains(gone, s);
}

const store_entry* roster::store(const ulid& id) const {
  const auto at = stores_.find(id);
  return at == stores_.end() ? nullptr : &at->second;
}

bool roster::retired(const store_life& s) const {
  const auto at = retired_.find(s.id);
  return at != retired_.end() && s.epoch <= at->second.epoch;
}

bool roster::counts(const ulid& id) const {
  const store_entry* e = store(id);
  return e != nullptr && !retired(e->life());
}

std::vector<const store_entry*> roster::counted() const {
  std::vector<const store_entry*> all;
  for (const auto& [id, e] : stores_) {
    if (!retired(e.life())) all.push_back(&e);
  }
  return all;
}

bool roster::others_matter(const ulid& own) const {
  const auto counted = [&](const auto& s) { return s.first != own && counts(s.first); };
  const auto lost = [](const auto& r) { return r.second.loss_ms > 0; };
  const auto took = [&own](const auto& i) {
    const ingester_entry& e = i.second;
    return e.id != own && (!e.handed_over || e.given_up_ms > 0);
  };
  return std::any_of(stores_.begin(), stores_.end(), counted) ||
         std::any_of(retired_.begin(), retired_.end(), lost) ||
         std::any_of(ingesters_.begin(), ingesters_.end(), took);
}

unsigned roster::factor() const {
  unsigned most = 1;
  for (const store_entry* e : counted()) most = std::max<unsigned>(most, e->factor);
  return most;
}

unsigned roster::proved_copies() const {
  const auto all = counted();
  if (all.empty()) return 0;
  unsigned least = factor();
  for (const store_entry* e : all) least = std::min<unsigned>(least, e->proved);
  return least;
}

// While nobody is admitted, one must begin: the lowest of those that are known, so that of two that
// know each other only one does.
bool roster::may_admit(const ulid& own, const std::set<ulid>& confirmed,
                       const std::set<ulid>& away) const {
  const store_entry* self = store(own);
  if (self == nullptr) return false;
  std::size_t others = 0;
  std::size_t agreed = 0;
  bool lowest = true;
  for (const store_entry* e : counted()) {
    if (e->id == own || self->holds_for_gone(e->life())) continue;
    if (!e->admitted) {
      lowest = lowest && (own < e->id || away.contains(e->id));
      continue;
    }
    ++others;
    agreed += confirmed.contains(e->id) ? 1 : 0;
  }
  return others == 0 ? lowest : agreed >= std::min<std::size_t>(factor(), others);
}

std::vector<store_life> roster::retirable(const ulid& own) const {
  const store_entry* self = store(own);
  if (self == nullptr) return {};
  std::vector<store_life> gone;
  for (const store_entry* e : counted()) {
    if (e->id != own && self->holds_for_gone(e->life())) gone.push_back(e->life());
  }
  const auto proved_without = [&](const std::vector<store_life>& group) {
    unsigned least = factor();
    for (const store_entry* e : counted()) {
      if (contains(group, e->life())) continue;
      least = std::min<unsigned>(least, e->proved);
      for (const store_life& g : group) {
        if (!contains(e->clean_knew, g)) return false;
      }
    }
    return group.size() < least;
  };
  if (gone.empty() || proved_without(gone)) return gone;
  std::vector<store_life> single;
  for (const store_life& g : gone) {
    if (proved_without({g})) single.push_back(g);
  }
  // One after the other: after the first the rest is looked at anew.
  if (single.size() > 1) single.resize(1);
  return single;
}

bool roster::merge(const roster& other, const ulid& own) {
  bool news = false;
  for (const auto& [id, e] : other.stores_) news |= id != own && put(e);
  for (const auto& [id, e] : other.ingesters_) news |= put(e);
  for (const auto& [id, r] : other.retired_) news |= retire(id, r);
  return news;
}

bool roster::put(store_entry e) {
  if (!ascending(e.gone) || !ascending(e.clean_knew) || e.epoch == 0) return false;
  const auto at = stores_.find(e.id);
  if (at == stores_.end()) {
    if (stores_.size() >= roster_entries_max) return false;
    stores_.emplace(e.id, std::move(e));
    return true;
  }
  const auto age = [](const store_entry& s) { return std::make_pair(s.epoch, s.revision); };
  if (age(e) <= age(at->second)) return false;
  at->second = std::move(e);
  return true;
}

bool roster::put(const ingester_entry& e) {
  const auto at = ingesters_.find(e.id);
  if (at == ingesters_.end()) {
    if (ingesters_.size() >= roster_entries_max) return false;
    ingesters_.emplace(e.id, e);
    return true;
  }
  ingester_entry& is = at->second;
  bool news = raise(is.low_water, e.low_water);
  news |= raise(is.given_up, e.given_up);
  news |= raise(is.given_up_ms, e.given_up_ms);
  if (std::make_pair(e.starts, e.handed_over) > std::make_pair(is.starts, is.handed_over)) {
    is.starts = e.starts;
    is.handed_over = e.handed_over;
    is.api = e.api;
    news = true;
  }
  return news;
}

bool roster::retire(const ulid& id, const retirement& r) {
  if (retired_.size() >= roster_entries_max && !retired_.contains(id)) return false;
  retirement& is = retired_[id];
  const bool epoch = raise(is.epoch, r.epoch);
  const bool loss = raise(is.loss_ms, r.loss_ms);
  return epoch || loss;
}

}  // namespace oklog::cluster
