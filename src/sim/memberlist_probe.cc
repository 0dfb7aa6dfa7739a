// memberlist's probe round (state.go: probe, probeNode, handleIndirectPing).
#include <algorithm>

#include "sim/memberlist.h"

namespace oklog::sim {

using cluster::encode;
using cluster::put;
using cluster::state;
namespace msg = cluster::msg;

// The dead are forgotten after a while, the others are shuffled.
void memberlist::wrap(boot_time now) {
  next_ = 0;
  for (entry& e : entries_) {
    if (e.reaped || lives(e) || now - e.since <= config_.gossip_to_the_dead) continue;
    e.reaped = true;
    --known_;
  }
  random_.shuffle(order_);
}

std::size_t memberlist::next_target(boot_time now) {
  for (std::size_t checked = 0; checked < order_.size(); ++checked) {
    if (next_ >= order_.size()) wrap(now);
    const std::size_t i = order_[next_++];
    if (!entries_[i].reaped && lives(entries_[i]) && entries_[i].data->id() != id_) return i;
  }
  return entries_.size();
}

void memberlist::tick(boot_time now) {
  // A tick during a probe that was stretched waits for its end, further ones are dropped.
  while (next_tick_ <= now) next_tick_ += config_.probe_interval;
  if (probe_ || leaving_) return;
  const std::size_t i = next_target(now);
  if (i == entries_.size()) return;
  const entry& target = entries_[i];
  probe p;
  p.target = target.data->id();
  p.seq = ++seq_;
  p.deadline = now + config_.probe_interval * (score_ + 1);
  p.ask_at = now + config_.probe_timeout;
  probe_ = p;
  std::string packet;
  if (target.state == state::suspect) {
    put(packet, msg::suspect{p.target, target.incarnation, id_, {}});
  }
  put(packet, msg::ping{p.seq, p.target, id_, 0});
  send(target.data->data().gossip, std::move(packet));
}

void memberlist::ask_others(boot_time now) {
  probe_->ask_at = never;
  const entry* target = find(probe_->target);
  if (target == nullptr) return;
  for (const std::size_t i : some(config_.indirect_checks, probe_->target, now, false)) {
    ++probe_->expected_nacks;
    send(entries_[i].data->data().gossip,
         encode(msg::ping_for{probe_->seq, probe_->target, id_, 0}));
  }
  const std::string ping = encode(msg::ping{probe_->seq, probe_->target, id_, 0});
  probe_->exchange = ++last_exchange_;
  out_.exchanges.push_back(
      {last_exchange_, target->data->data().gossip, ping, probe_->deadline - now});
}

void memberlist::fail_probe(boot_time now) {
  const probe p = *probe_;
  probe_.reset();
  const int missed = static_cast<int>(p.expected_nacks) - static_cast<int>(p.nacks);
  add_score(p.expected_nacks > 0 ? missed : 1);
  const entry* target = find(p.target);
  if (target != nullptr) on(now, own_.gossip, msg::suspect{p.target, target->incarnation, id_, {}});
}

void memberlist::on(boot_time, const cluster::address& from, const msg::ping& m) {
  if (m.target != id_ || leaving_) return;
  send(from, encode(msg::ack{m.seq, id_}));
}

void memberlist::on(boot_time, const cluster::address&, const msg::ack& m) {
  if (probe_ && probe_->seq == m.seq) {
    probe_.reset();
    add_score(-1);
    return;
  }
  const auto at = relays_.find(m.seq);
  if (at == relays_.end()) return;
  send(at->second.origin, encode(msg::ack{at->second.origin_seq, m.from}));
  relays_.erase(at);
}

void memberlist::on(boot_time now, const cluster::address& from, const msg::ping_for& m) {
  const entry* target = find(m.target);
  if (target == nullptr) return;
  const std::uint32_t seq = ++seq_;
  const relay r{from, m.seq, now + config_.probe_timeout, now + config_.probe_interval};
  relays_.emplace(seq, r);
  relays_due_ = std::min(relays_due_, r.nack_at);
  send(target->data->data().gossip, encode(msg::ping{seq, m.target, id_, 0}));
}

void memberlist::run_relays(boot_time now) {
  relays_due_ = never;
  for (auto at = relays_.begin(); at != relays_.end();) {
    relay& r = at->second;
    if (now >= r.nack_at) {
      send(r.origin, encode(msg::nack{r.origin_seq, id_}));
      r.nack_at = never;
    }
    if (now >= r.until) {
      at = relays_.erase(at);
      continue;
    }
    relays_due_ = std::min({relays_due_, r.nack_at, r.until});
    ++at;
  }
}

void memberlist::on(boot_time, const cluster::address&, const msg::nack& m) {
  if (probe_ && probe_->seq == m.seq) ++probe_->nacks;
}

}  // namespace oklog::sim
