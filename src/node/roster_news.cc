// roster_keeper: what the membership says, and what others remember of this store.
#include <algorithm>
#include <tuple>

#include "node/roster_keeper.h"

namespace oklog::node {

using cluster::store_entry;
using cluster::store_life;

namespace {
// A store that nothing happens to says so often that it lives.
constexpr duration change_every = std::chrono::hours(1);
}  // namespace

bool roster_keeper::take_news(cluster::roster& r) {
  look_at_stores(r);
  const bool ingesters = look_at_ingesters(r);
  bool retired = false;
  for (const store_life& s : r.retirable(options_.own)) {
    env_.log.info("a store is missed no more: all that it held is held by enough others",
                  {{"store", format(s.id)}});
    retired |= r.retire(s.id, {s.epoch, 0});
  }
  const bool self = look_at_self(r);
  return ingesters || retired || self;
}

// What others remember: a directory that was put back from a copy has forgotten some of its own
// life, and a lost roster all of it.
void roster_keeper::look_for_own(const cluster::roster& theirs) {
  const store_entry* us = theirs.store(options_.own);
  if (us == nullptr) return;
  if (restored_by(*us)) restored_ = true;
  const auto before = std::make_pair(remembered_epoch_, remembered_revision_);
  std::tie(remembered_epoch_, remembered_revision_) =
      std::max(before, std::make_pair(us->epoch, us->revision));
}

// All that was ever told of us was on our disk before, and no two processes give our entry the same
// revision.
bool roster_keeper::restored_by(const store_entry& us) const {
  const age then{us.epoch, us.revision};
  if (opened_ && *opened_ < then && us.revision < first_revision_) return true;
  // Later than that it would be another process with a copy of our directory, which gossip reports.
  if (!confirmed_.empty()) return false;
  const bool newer = opened_ && age{self().epoch, self().revision} < then;
  return newer || us.starts > options_.starts;
}

std::string roster_keeper::doubt() const {
  return restored_ ? "it was restored from a copy, and takes a new id" : "";
}

// By the clock at a start: what other processes had between is told apart.
void roster_keeper::count_change(store_entry& e) const {
  e.revision = std::max(e.revision + 1, first_revision_);
}

bool roster_keeper::look_at_self(cluster::roster& r) {
  store_entry e = *r.store(options_.own);
  const store_entry was = e;
  const cluster::member& m = members_.self();
  e.starts = options_.starts;
  e.factor = m.data.replication_factor;
  e.api = format(m.data.api());
  e.floor = std::max(e.floor, options_.removed_below());
  const auto mine = std::make_pair(e.epoch, e.revision);
  const auto remembered = std::make_pair(remembered_epoch_, remembered_revision_);
  bool given_up = r.retired(e.life());
  for (const store_entry* o : r.counted()) given_up |= o->holds_for_gone(e.life());
  if (given_up || mine < remembered) {
    e.epoch = std::max(e.epoch, remembered_epoch_) + 1;
    e.revision = std::max(e.revision, remembered_revision_);
    e.admitted = false;
    e.clean_knew.clear();
    if (mine < remembered) e.proved = 1;
    confirmed_.clear();
    env_.log.warn("others had given this store up, or it has forgotten itself: it is admitted anew",
                  {{"epoch", e.epoch}});
  } else if (!e.admitted && members_.doubt().empty() && knows_all_in_service(r) &&
             r.may_admit(options_.own, confirmed_, away())) {
    e.admitted = true;
    env_.log.info("admitted: from here on this store counts as a holder of copies");
  }
  // Whom we hold for lost: each until it has taken a new epoch, or is retired.
  std::erase_if(e.gone, [&r](const store_life& s) {
    const store_entry* o = r.store(s.id);
    return o == nullptr || o->epoch != s.epoch || r.retired(s);
  });
  for (const auto& [id, since] : absent_) {
    const store_entry* o = r.store(id);
    if (o == nullptr || r.retired(o->life()) || e.holds_for_gone(o->life())) continue;
    if (env_.clock.boot() - since < options_.absence) continue;
    if (e.gone.size() >= cluster::roster_gone_max) break;
    e.gone.insert(std::lower_bound(e.gone.begin(), e.gone.end(), o->life()), o->life());
    env_.log.warn("a store has been away for long: its copies are made anew elsewhere",
                  {{"store", format(id)}});
  }
  const bool lives = env_.clock.boot() - changed_ >= change_every;
  if (e == was && !lives) return false;
  changed_ = env_.clock.boot();
  count_change(e);
  return r.put(std::move(e));
}

// Gossip is faster than rosters: whoever is there, and is not in ours yet, may be admitted, and
// know of others that are.
bool roster_keeper::knows_all_in_service(const cluster::roster& r) const {
  const auto& all = members_.all();
  return std::all_of(all.begin(), all.end(), [&r](const cluster::member& m) {
    return !in_service(m) || !has_store(m.data.role) || r.store(m.id) != nullptr;
  });
}

std::set<ulid> roster_keeper::away() const {
  std::set<ulid> all;
  for (const auto& [id, since] : absent_) all.insert(id);
  return all;
}

// Since when those that count are away. Of one that only a roster names that is not known: from
// here on.
void roster_keeper::look_at_stores(const cluster::roster& r) {
  std::map<ulid, boot_time> absent;
  for (const store_entry* e : r.counted()) {
    if (e->id == options_.own) continue;
    const auto was = absent_.find(e->id);
    absent[e->id] = was != absent_.end() ? was->second : env_.clock.boot();
  }
  for (const cluster::member& m : members_.all()) {
    if (!has_store(m.data.role) || !absent.contains(m.id)) continue;
    if (in_service(m)) {
      absent.erase(m.id);
    } else {
      absent[m.id] = std::max(m.since, since_);
    }
  }
  absent_ = std::move(absent);
}

bool roster_keeper::look_at_ingesters(cluster::roster& r) const {
  bool changed = false;
  for (const cluster::member& m : members_.all()) {
    if (!has_ingest(m.data.role)) continue;
    cluster::ingester_entry e;
    e.id = m.id;
    e.starts = m.data.starts;
    e.handed_over = m.state == cluster::state::left && !m.data.kept_records;
    e.api = format(m.data.api());
    const auto low = low_water_.find(m.id == options_.own ? "" : e.api);
    const auto is = r.ingesters().find(m.id);
    const auto before = is == r.ingesters().end() ? cluster::low_water{} : is->second.low_water;
    const bool said = in_service(m) && low != low_water_.end();
    if (said && low->second.worth_saying(before)) e.low_water = low->second;
    changed |= r.put(e);
  }
  return changed;
}

}  // namespace oklog::node
