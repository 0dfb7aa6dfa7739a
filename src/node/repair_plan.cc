#include "node/repair_plan.h"

#include <algorithm>
#include <set>

#include "oklog/store/placement.h"

namespace oklog::node {
namespace {

struct listed {
  const store_view* by;
  const catalogue_partition* held;
};

// nullptr where it was not listed a pass ago.
const catalogue_partition* before(const repair_view& v, const std::string& store,
                                  const partition& where) {
  const auto at = v.old.find(store);
  return at == v.old.end() ? nullptr : at->second.find(where);
}

bool unchanged(const repair_view& v, const std::string& store, const catalogue_partition& now) {
  const catalogue_partition* was = before(v, store, now.where);
  return was != nullptr && was->digest == now.digest;
}

bool listed_before(const catalogue_partition* was, const hash128& hash) {
  return was != nullptr &&
         std::any_of(was->segments.begin(), was->segments.end(),
                     [&hash](const catalogue_segment& s) { return s.hash == hash; });
}

class planner {
 public:
  explicit planner(const repair_view& v) : v_(v) {}

  repair_plan run() {
    std::set<partition> all;
    for (const catalogue_partition& p : v_.own.partitions) all.insert(p.where);
    for (const store_view& s : v_.others) {
      for (const catalogue_partition& p : s.held.partitions) all.insert(p.where);
    }
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
      if (at->window >= v_.own.floor) look_at(*at);
    }
    return std::move(plan_);
  }

 private:
  void look_at(const partition& where) {
    own_ = v_.own.find(where);
    copies_.clear();
    for (const store_view& s : v_.others) {
      const catalogue_partition* p = s.held.find(where);
      if (p != nullptr) copies_.push_back({&s, p});
    }
    std::stable_sort(copies_.begin(), copies_.end(), [](const listed& a, const listed& b) {
      return a.held->digest.count > b.held->digest.count;
    });
    ++plan_.partitions;
    if (holders(where) < v_.factor) plan_.under_replicated.insert(where);
    homes_ = home_set(where);
    if (!names(homes_, v_.own.store_id)) return;
    repair_task task{where, {}};
    for (const listed& copy : copies_) {
      repair_copy wanted{copy.by->held.store_id, copy.by->api, wanted_of(copy)};
      if (!wanted.segments.empty()) task.copies.push_back(std::move(wanted));
    }
    if (!task.copies.empty()) plan_.tasks.push_back(std::move(task));
  }

  // The first by rank, but those that have no room for what they lack of it (rule K7).
  std::vector<std::string> home_set(const partition& where) const {
    std::vector<std::string> able = v_.homes;
    std::erase_if(able, [&](const std::string& s) { return v_.full.contains(s) && is_short(s); });
    return write_set(where, std::move(able), v_.factor);
  }

  // Of one that does not answer nobody knows: a short absence moves nothing.
  bool is_short(const std::string& store) const {
    const catalogue_partition* held = store == v_.own.store_id ? own_ : nullptr;
    for (const listed& c : copies_) {
      if (c.by->held.store_id == store) held = c.held;
    }
    if (held != nullptr) return lacks_any(*held);
    return store == v_.own.store_id ||
           std::any_of(v_.others.begin(), v_.others.end(),
                       [&](const store_view& s) { return s.held.store_id == store; });
  }

  // Stores that hold the most that is known. While it is written to, or not merged yet, all count
  // that lack nothing which has been listed for a pass, as far as counts show: what is newer is
  // on its way, and what a lost store may have held alone is in doubt for its holders
  // (copy_proof.h). A damaged copy is none, nor is one that is about to go.
  unsigned holders(const partition& where) const {
    unsigned expired = 0;  // they would throw it away
    for (const store_view& s : v_.others) expired += s.held.floor > where.window ? 1 : 0;
    std::vector<const catalogue_partition*> all;
    bool at_rest = true;
    if (own_ != nullptr && own_->counts()) {
      all.push_back(own_);
      at_rest = own_->settled && unchanged(v_, v_.own.store_id, *own_);
    }
    for (const listed& c : copies_) {
      if (c.by->held.floor > where.window || !c.held->counts()) continue;
      all.push_back(c.held);
      at_rest = at_rest && c.held->settled && unchanged(v_, c.by->held.store_id, *c.held);
    }
    std::map<std::pair<std::uint64_t, hash128>, unsigned> by_digest;
    for (const auto* p : all) ++by_digest[std::make_pair(p->digest.count, p->digest.sum)];
    std::uint64_t most = 0;
    unsigned best = 0;
    for (const auto& [digest, n] : by_digest) {
      best = digest.first > most ? n : std::max(best, n);
      most = digest.first;
    }
    if (at_rest) return expired + best;
    const auto whole = [&](const auto* p) { return !lacks_any(*p); };
    return expired + static_cast<unsigned>(std::count_if(all.begin(), all.end(), whole));
  }

  // A segment holds each of its records once: whoever has room for fewer there lacks some.
  static bool lacks(const catalogue_partition& held, const catalogue_segment& s) {
    return held.records_within(s.min, s.max) < s.records;
  }

  // Something that another store has listed for a pass.
  bool lacks_any(const catalogue_partition& held) const {
    for (const listed& c : copies_) {
      if (lacks_some_of(held, *c.held, before(v_, c.by->held.store_id, held.where))) return true;
    }
    return own_ != nullptr && lacks_some_of(held, *own_, before(v_, v_.own.store_id, held.where));
  }

  static bool lacks_some_of(const catalogue_partition& held, const catalogue_partition& other,
                            const catalogue_partition* was) {
    return &held != &other && std::any_of(other.segments.begin(), other.segments.end(),
                                          [&](const catalogue_segment& s) {
                                            return !s.damaged && listed_before(was, s.hash) &&
                                                   lacks(held, s);
                                          });
  }

  std::vector<catalogue_segment> wanted_of(const listed& copy) {
    std::vector<catalogue_segment> wanted;
    if (own_ != nullptr && own_->digest == copy.held->digest) return wanted;
    const catalogue_partition* was = before(v_, copy.by->held.store_id, copy.held->where);
    const bool whole = sets_differ(copy) && !leave_alone(copy);
    for (const catalogue_segment& s : copy.held->segments) {
      const bool lacking = own_ == nullptr || lacks(*own_, s) || meets_gap(s);
      if (s.damaged || !(whole || lacking)) continue;
      if (listed_before(was, s.hash)) {
        wanted.push_back(s);
      } else {
        plan_.more_to_come = true;
      }
    }
    return wanted;
  }

  bool meets_gap(const catalogue_segment& s) const {
    const auto gaps = v_.gaps.find(own_->where);
    return gaps != v_.gaps.end() &&
           std::any_of(gaps->second.begin(), gaps->second.end(),
                       [&s](const auto& gap) { return gap.first <= s.max && s.min <= gap.second; });
  }

  bool sets_differ(const listed& copy) const {
    return own_ != nullptr && own_->settled && copy.held->settled &&
           unchanged(v_, v_.own.store_id, *own_) &&
           unchanged(v_, copy.by->held.store_id, *copy.held);
  }

  bool leave_alone(const listed& copy) {
    const std::string& store = copy.by->held.store_id;
    if (copy.held->digest.count >= own_->digest.count || !names(homes_, store)) return false;
    const std::string key = store + " " + format(own_->where);
    const auto at = v_.waits.find(key);
    const unsigned passes = at == v_.waits.end() ? 0 : at->second;
    plan_.waits[key] = std::min(passes + 1, v_.patience);
    return passes < v_.patience;
  }

  const repair_view& v_;
  repair_plan plan_;
  const catalogue_partition* own_ = nullptr;
  std::vector<listed> copies_;
  std::vector<std::string> homes_;
};

}  // namespace

repair_plan plan_repair(const repair_view& view) {
  return planner(view).run();
}

}  // namespace oklog::node
