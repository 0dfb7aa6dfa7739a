// memberlist's beliefs (state.go: aliveNode, suspectNode, deadNode, mergeState).
#include <algorithm>
#include <cmath>

#include "oklog/cluster/rules.h"
#include "sim/memberlist.h"

namespace oklog::sim {

using cluster::change;
using cluster::encode;
using cluster::for_each_message;
using cluster::state;
namespace msg = cluster::msg;

void memberlist::on(boot_time now, const cluster::address&, const msg::alive& m) {
  if (m.id == id_) {
    if (!leaving_ && m.incarnation > incarnation_) refute(now, m.incarnation);
    return;
  }
  entry* e = find(m.id);
  if (e == nullptr) {
    e = &add(m.id, m.data, random_.below(order_.size() + 1));
  } else if (m.incarnation <= e->incarnation) {
    return;
  } else if (e->data->data().gossip != m.data.gossip && lives(*e)) {
    return;  // a conflict of names
  }
  const bool was_gone = !lives(*e);
  const bool suspected = e->state == state::suspect;
  e->data = pool_.share(m.id, m.data);
  e->incarnation = m.incarnation;
  suspicions_.erase(m.id);
  set(now, *e, state::alive);
  if (was_gone) report(change::joined, *e);
  if (suspected) report(change::refuted, *e);
  spread(now, m.id, m);
}

void memberlist::refute(boot_time now, std::uint64_t accused) {
  incarnation_ = std::max(incarnation_, accused) + 1;
  find(id_)->incarnation = incarnation_;
  ++refutes_;
  add_score(1);
  spread(now, id_, msg::alive{id_, incarnation_, own_});
}

void memberlist::on(boot_time now, const cluster::address&, const msg::suspect& m) {
  entry* e = find(m.id);
  if (e == nullptr || m.incarnation < e->incarnation) return;
  if (const auto known = suspicions_.find(m.id); known != suspicions_.end()) {
    if (!known->second.confirm(m.from)) return;
    suspicions_due_ = std::min(suspicions_due_, known->second.deadline());
    spread(now, m.id, m);
    return;
  }
  if (e->state != state::alive) return;
  if (m.id == id_) {
    if (!leaving_) refute(now, m.incarnation);
    return;
  }
  set(now, *e, state::suspect);
  e->incarnation = m.incarnation;
  report(change::suspected, *e);
  spread(now, m.id, m);
  const auto n = static_cast<double>(known_);
  const double scale = std::max(1.0, std::log10(std::max(1.0, n)));
  const duration lowest =
      std::chrono::milliseconds(static_cast<std::int64_t>(config_.suspicion_mult * scale * 1000.0));
  const unsigned wanted = config_.suspicion_mult - 2;
  const cluster::suspicion s(m.from, now, lowest, lowest * config_.suspicion_max_timeout_mult,
                             known_ < wanted + 2 ? 0 : wanted);
  suspicions_due_ = std::min(suspicions_due_, s.deadline());
  suspicions_.emplace(m.id, s);
}

void memberlist::run_suspicions(boot_time now) {
  std::vector<ulid> over;
  suspicions_due_ = never;
  for (const auto& [id, s] : suspicions_) {
    if (now >= s.deadline()) {
      over.push_back(id);
    } else {
      suspicions_due_ = std::min(suspicions_due_, s.deadline());
    }
  }
  for (const ulid& id : over) {
    const entry* e = find(id);
    if (e != nullptr) on(now, own_.gossip, msg::dead{id, e->incarnation, id_});
    suspicions_.erase(id);
  }
}

void memberlist::on(boot_time now, const cluster::address&, const msg::dead& m) {
  entry* e = find(m.id);
  if (e == nullptr || m.incarnation < e->incarnation) return;
  suspicions_.erase(m.id);
  if (!lives(*e)) return;
  if (m.id == id_ && !leaving_) return refute(now, m.incarnation);
  e->incarnation = m.incarnation;
  set(now, *e, state::dead);
  report(change::died, *e);
  spread(now, m.id, m);
}

void memberlist::on(boot_time now, const cluster::address&, const msg::left& m) {
  const auto& [id, incarnation, data] = m.who;
  entry* e = find(id);
  if (e == nullptr || incarnation < e->incarnation || !lives(*e) || id == id_) return;
  suspicions_.erase(id);
  e->incarnation = incarnation;
  set(now, *e, state::left);
  report(change::left, *e);
  spread(now, id, m);
}

void memberlist::on(boot_time now, const cluster::address& from, const msg::table& m) {
  for (const msg::entry& e : m.entries) {
    if (e.state == state::alive) on(now, from, e.who);
    if (e.state == state::left) on(now, from, msg::left{e.who});
    if (e.state != state::suspect && e.state != state::dead) continue;
    on(now, from, msg::suspect{e.who.id, e.who.incarnation, id_, {}});
  }
}

std::string memberlist::whole_table() const {
  msg::table t;
  for (const entry& e : entries_) {
    if (e.reaped) continue;
    t.entries.push_back({e.state, 0, {e.data->id(), e.incarnation, e.data->data()}});
  }
  return encode(t);
}

void memberlist::push_pull(boot_time, const cluster::address& to) {
  out_.exchanges.push_back({++last_exchange_, to, whole_table(), config_.tcp_timeout});
}

void memberlist::join(boot_time now, const cluster::address& seed) {
  push_pull(now, seed);
}

void memberlist::leave(boot_time now) {
  leaving_ = true;
  probe_.reset();
  spread(now, id_, msg::left{{id_, incarnation_, own_}});
}

std::string memberlist::answer(boot_time now, std::string_view request) {
  std::string reply;
  (void)for_each_message(request, [&](const cluster::message& m) {
    if (const auto* p = std::get_if<msg::ping>(&m)) {
      if (p->target == id_) reply = encode(msg::ack{p->seq, id_});
    } else if (const auto* t = std::get_if<msg::table>(&m)) {
      reply = whole_table();
      on(now, {}, *t);
    }
  });
  return reply;
}

void memberlist::exchanged(boot_time now, std::uint64_t, cluster::swim::failure how,
                           std::string_view answer) {
  if (how != cluster::swim::failure::none) return;
  (void)for_each_message(answer, [&](const cluster::message& m) {
    if (const auto* t = std::get_if<msg::table>(&m)) on(now, {}, *t);
    const auto* a = std::get_if<msg::ack>(&m);
    if (a != nullptr) on(now, {}, *a);
  });
}

}  // namespace oklog::sim
