// swim: what news does to what we believe. At equal incarnation gone beats suspect beats alive;
// only its owner raises an incarnation.
#include <algorithm>

#include "oklog/cluster/swim.h"

namespace oklog::cluster {
namespace {

constexpr duration conflict_pause = std::chrono::seconds(5);

// The part of an incarnation that says which start of the process it belongs to.
std::uint64_t life_of(std::uint64_t incarnation) {
  return incarnation >> 16;
}

bool lives(const view& v) {
  return v.state == state::alive || v.state == state::suspect;
}

}  // namespace

bool swim::may_join(const msg::alive& m) {
  const address& at = m.data.gossip;
  const bool good =
      !unreachable(at) && m.data.api_port != 0 && at.is_loopback() == own_.gossip.is_loopback();
  const bool room = table_.find(m.id) != nullptr || table_.size() < rules_.members_max;
  if (good && room) return true;
  ++counts_.refused_members;
  out.events.push_back({change::refused, m.id, pool_.share(m.id, m.data)});
  return false;
}

void swim::on(boot_time now, const address&, const msg::alive& m) {
  if (m.id == id_) {
    on_own(now, m);
    return;
  }
  view* known = table_.find(m.id);
  if (known != nullptr && m.incarnation <= known->incarnation) return;
  if (!may_join(m)) return;
  view v;
  v.data = pool_.share(m.id, m.data);
  v.incarnation = m.incarnation;
  v.since = now;
  change what = change::joined;
  if (known != nullptr) {
    const bool same_life = life_of(known->incarnation) == life_of(m.incarnation);
    const bool moved = known->data->data().gossip != m.data.gossip;
    const bool changed = known->data != v.data;
    v.rtt_us = moved ? 0 : known->rtt_us;
    v.flaps = same_life ? known->flaps : 0;
    if (lives(*known)) {
      // A restart that nobody noticed is a change of its data at most.
      what = changed ? change::updated : change::refuted;
      if (!changed && known->state == state::alive) what = change::forgotten;  // nothing to say
      if (known->state == state::alive) v.since = known->since;
    } else if (same_life && known->state == state::dead) {
      v.flaps = static_cast<std::uint8_t>(std::min(known->flaps + 1, 255));
    }
  }
  end_suspicion(m.id);
  const view& put = table_.put(std::move(v));
  if (what != change::forgotten) report(what, put);
  spread(now, m.id, m);
}

// Somebody says that we are alive, and it was not us, or not in this life.
void swim::on_own(boot_time now, const msg::alive& m) {
  if (leaving_ || m.incarnation < incarnation_) return;
  if (m.incarnation == incarnation_ && m.data == own_) return;
  // News of an earlier life is refuted once and gone. If what we refuted is answered by an even
  // higher incarnation, somebody else raises it: another node with our id.
  const bool another = refuted_ != 0 && m.incarnation > refuted_;
  if (another) {
    if (last_conflict_ != boot_time{} && now - last_conflict_ < conflict_pause) return;
    last_conflict_ = now;
    out.events.push_back({change::conflict, id_, pool_.share(id_, m.data)});
  }
  refute(now, m.incarnation);
}

void swim::refute(boot_time now, std::uint64_t accused) {
  incarnation_ = std::max(incarnation_, accused) + 1;
  refuted_ = incarnation_;
  table_.find(id_)->incarnation = incarnation_;
  ++counts_.refutes;
  add_score(1);
  spread(now, id_, own_news());
}

msg::suspect swim::accusation(const view& v, const suspicion& s) const {
  msg::suspect m{v.data->id(), v.incarnation, s.accuser(), s.confirmers()};
  if (m.confirmers.size() > confirmers_max) m.confirmers.resize(confirmers_max);
  return m;
}

void swim::on(boot_time now, const address&, const msg::suspect& m) {
  if (m.id == id_) {
    accused_ = true;
    if (!leaving_ && m.incarnation >= incarnation_) refute(now, m.incarnation);
    return;
  }
  view* v = table_.find(m.id);
  if (v == nullptr || !lives(*v) || m.incarnation < v->incarnation) return;
  const auto known = suspicions_.find(m.id);
  if (known == suspicions_.end()) {
    begin_suspicion(now, *v, m);
    return;
  }
  bool news = known->second.confirm(m.from);
  for (const ulid& c : m.confirmers) news |= known->second.confirm(c);
  if (!news) return;
  spread(now, m.id, accusation(*v, known->second));
  note_suspicions();
}

void swim::begin_suspicion(boot_time now, view& v, const msg::suspect& m) {
  const bool forgiven = now - v.since > rules_.flap_memory;
  const unsigned flaps = forgiven || v.state != state::alive ? 0 : v.flaps;
  const unsigned factor = std::min(1U << std::min(flaps, 8U), rules_.flap_factor_max);
  const std::size_t n = living();
  const duration lowest = suspicion_min(rules_, n) * factor;
  const duration highest = lowest * rules_.suspicion_max_mult;
  suspicion s(m.from, now, lowest, highest, confirmations_wanted(rules_, n));
  for (const ulid& c : m.confirmers) (void)s.confirm(c);
  v.state = state::suspect;
  v.incarnation = m.incarnation;
  v.since = now;
  ++counts_.suspicions;
  report(change::suspected, v);
  spread(now, m.id, accusation(v, s));
  suspicions_.emplace(m.id, std::move(s));
  note_suspicions();
}

void swim::end_suspicion(const ulid& id) {
  if (suspicions_.erase(id) > 0) note_suspicions();
}

void swim::note_suspicions() {
  suspicions_due_ = never;
  for (const auto& [id, s] : suspicions_) {
    const boot_time end = s.deadline();
    const boot_time due = s.asked_again ? end : end - rules_.last_word;
    suspicions_due_ = std::min(suspicions_due_, due);
  }
}

void swim::run_suspicions(boot_time now) {
  std::vector<ulid> given_up;
  for (auto& [id, s] : suspicions_) {
    const view* v = table_.find(id);
    if (now >= s.deadline()) {
      given_up.push_back(id);
    } else if (!s.asked_again && now >= s.deadline() - rules_.last_word && v != nullptr) {
      // Its refutation may have missed us: it is asked directly before it is declared dead.
      s.asked_again = true;
      send_ping(*v, ++seq_);
    }
  }
  for (const ulid& id : given_up) {
    const view* v = table_.find(id);
    if (v == nullptr) continue;
    ++counts_.deaths;
    on(now, own_.gossip, msg::dead{id, v->incarnation, id_});
  }
  note_suspicions();
}

void swim::on(boot_time now, const address&, const msg::dead& m) {
  if (m.id == id_) {
    accused_ = true;
    if (!leaving_ && m.incarnation >= incarnation_) refute(now, m.incarnation);
    return;
  }
  const view* v = table_.find(m.id);
  if (v == nullptr || !lives(*v) || m.incarnation < v->incarnation) return;
  bury(now, *v, state::dead, m.incarnation);
  spread(now, m.id, m);
}

void swim::on(boot_time now, const address&, const msg::left& m) {
  const ulid& id = m.who.id;
  if (id == id_) {
    accused_ = true;
    if (!leaving_ && m.who.incarnation >= incarnation_) refute(now, m.who.incarnation);
    return;
  }
  const view* v = table_.find(id);
  if (v == nullptr || m.who.incarnation < v->incarnation) return;
  if (v->state == state::left && m.who.incarnation == v->incarnation) return;
  view gone = *v;
  gone.data = pool_.share(id, m.who.data);
  bury(now, std::move(gone), state::left, m.who.incarnation);
  spread(now, id, m);
}

void swim::bury(boot_time now, view v, state s, std::uint64_t incarnation) {
  // Flaps that are long past are forgiven here, since `since` is about to say something else.
  if (lives(v) && v.state == state::alive && now - v.since > rules_.flap_memory) v.flaps = 0;
  v.state = s;
  v.incarnation = incarnation;
  v.since = now;
  end_suspicion(v.data->id());
  const view& put = table_.put(std::move(v));
  report(s == state::left ? change::left : change::died, put);
}

bool swim::forget(boot_time now, const ulid& id) {
  now = enter(now);
  const view* v = table_.find(id);
  if (v == nullptr || lives(*v)) return false;
  msg::left gone{{id, v->incarnation + 1, v->data->data()}};
  gone.who.data.kept_records = false;
  on(now, address{}, gone);
  return true;
}

// Who left with everything handed over is missed by nobody.
duration swim::memory_of(state s, const member_data& d) const {
  return s == state::left && !d.kept_records ? rules_.left_memory : rules_.dead_memory;
}

void swim::forget_old(boot_time now) {
  std::vector<ulid> old;
  for (const auto& [id, v] : table_.gone()) {
    if (now - v.since > memory_of(v.state, v.data->data())) old.push_back(id);
  }
  for (const ulid& id : old) {
    report(change::forgotten, *table_.find(id));
    table_.forget(id);
  }
}

}  // namespace oklog::cluster
