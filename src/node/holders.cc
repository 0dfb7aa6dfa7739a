#include "node/holders.h"

#include <algorithm>

namespace oklog::node {

holders::holders(env::environment env, const membership& members, const roster_keeper& roster,
                 metrics_registry& registry)
    : env_(env),
      members_(members),
      roster_(roster),
      since_(env.clock.boot()),
      wanted_(registry.make_gauge("oklog_store_replication_factor",
                                  "Copies that are made of what is consumed.")),
      short_(registry.make_gauge(
          "oklog_store_short_of_stores",
          "1 while fewer stores are alive than copies are wanted: nothing is consumed.")) {}

bool holders::lone() const {
  const bool waits = !members_.doubt().empty() && env_.clock.boot() - since_ < lone_patience;
  if (roster_.roster().stores().size() > 1 || waits) return false;
  const ulid& own = roster_.self().id;
  const auto& all = members_.all();
  return std::none_of(all.begin(), all.end(), [&own](const cluster::member& m) {
    return has_store(m.data.role) && m.id != own;
  });
}

bool holders::may_hold(const ulid& id) const {
  const cluster::roster& r = roster_.roster();
  const cluster::store_entry* e = r.store(id);
  return e != nullptr && e->admitted && !e->draining && !r.retired(e->life()) &&
         !roster_.self().holds_for_gone(e->life());
}

std::optional<store_placement> holders::placement() {
  const boot_time now = env_.clock.boot();
  std::erase_if(passed_over_, [now](const auto& p) { return p.second <= now; });
  store_placement p;
  p.factor = factor();
  // Who has no room says so when it is offered a piece: what a member tells of its disk is coarse.
  for (const cluster::member& m : members_.all()) {
    const bool takes = in_service(m) && has_store(m.data.role) && may_hold(m.id);
    std::string id = format(m.id);
    if (takes && !passed_over_.contains(id)) p.accepting.push_back(std::move(id));
  }
  const bool alone = lone();
  if (alone) p.accepting.assign(1, format(roster_.self().id));
  if (alone && !was_lone_ && p.factor > 1) {
    env_.log.warn("no other store is known: what is consumed gets one copy until there is one",
                  {{"wanted", p.factor}});
  }
  was_lone_ = alone;
  const bool few = p.accepting.size() < p.factor && !alone;
  accepting_ = static_cast<unsigned>(p.accepting.size());
  wanted_.set(p.factor);
  short_.set(few ? 1 : 0);
  short_of_stores_ = few;
  // Each start begins with nobody.
  const bool starting = now - since_ < start_patience;
  if (few && !said_short_ && !starting) {
    said_short_ = true;
    env_.log.error("too few stores are alive: nothing is consumed, ingesters keep what they take",
                   {{"alive", p.accepting.size()}, {"wanted", p.factor}});
  } else if (!few && said_short_) {
    said_short_ = false;
    env_.log.info("enough stores are alive again", {{"alive", p.accepting.size()}});
  }
  if (few) return std::nullopt;
  return p;
}

std::vector<std::string> holders::homes() const {
  std::vector<std::string> homes;
  for (const cluster::store_entry* e : roster_.roster().counted()) {
    if (may_hold(e->id)) homes.push_back(format(e->id));
  }
  return homes;
}

std::set<std::string> holders::full() const {
  std::set<std::string> full;
  for (const cluster::store_entry* e : roster_.roster().counted()) {
    if (e->full) full.insert(format(e->id));
  }
  return full;
}

void holders::refused(const std::string& store) {
  passed_over_[store] = env_.clock.boot() + refusal_pause;
}

}  // namespace oklog::node
