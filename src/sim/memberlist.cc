#include "sim/memberlist.h"

#include <algorithm>
#include <cmath>

namespace oklog::sim {

using cluster::change;
using cluster::encode;
using cluster::for_each_message;
using cluster::state;

memberlist::memberlist(cluster::data_pool& pool, const gossip_birth& birth, prng random)
    : pool_(pool),
      id_(birth.id),
      own_(birth.data),
      incarnation_(birth.incarnation),
      random_(random) {
  entry& e = add(id_, own_, 0);
  e.incarnation = incarnation_;
  set(boot_time{}, e, state::alive);
}

void memberlist::begin(boot_time now) {
  const auto draw = [this](duration below) {
    return duration(random_.below(static_cast<std::uint64_t>(below.count())));
  };
  next_tick_ = now + draw(config_.probe_interval);
  gossip_phase_ = now + draw(config_.gossip_interval);
  next_push_pull_ = now + draw(config_.push_pull_interval);
}

void memberlist::acquaint(boot_time now, std::span<const gossip_birth> others) {
  entries_.reserve(others.size());
  for (const gossip_birth& b : others) {
    if (b.id == id_) continue;
    entry& e = add(b.id, b.data, order_.size());
    e.incarnation = b.incarnation;
    set(now, e, state::alive);
  }
  random_.shuffle(order_);
}

std::uint32_t& memberlist::slot_of(const ulid& id) {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t i = (id.hi ^ id.lo) & mask;; i = (i + 1) & mask) {
    std::uint32_t& slot = index_[i];
    if (slot == 0 || entries_[slot - 1].data->id() == id) return slot;
  }
}

memberlist::entry* memberlist::find(const ulid& id) {
  const std::uint32_t slot = slot_of(id);
  return slot == 0 || entries_[slot - 1].reaped ? nullptr : &entries_[slot - 1];
}

const memberlist::entry* memberlist::find(const ulid& id) const {
  return const_cast<memberlist*>(this)->find(id);
}

void memberlist::grow_index() {
  if (index_.size() * 2 >= entries_.size() * 3 + 3) return;
  index_.assign(std::max<std::size_t>(8, index_.size() * 2), 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    slot_of(entries_[i].data->id()) = static_cast<std::uint32_t>(i + 1);
  }
  grow_index();
}

// `at`: where it is probed.
memberlist::entry& memberlist::add(const ulid& id, const cluster::member_data& data,
                                   std::size_t at) {
  grow_index();
  ++known_;
  std::uint32_t& slot = slot_of(id);
  if (slot != 0) {  // it was reaped, and keeps its place
    entry& e = entries_[slot - 1];
    e = entry{pool_.share(id, data)};
    return e;
  }
  entries_.push_back(entry{pool_.share(id, data)});
  slot = static_cast<std::uint32_t>(entries_.size());
  order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(at), slot - 1);
  return entries_.back();
}

bool memberlist::lives(const entry& e) const {
  return e.state == state::alive || e.state == state::suspect;
}

void memberlist::set(boot_time now, entry& e, state s) {
  living_ -= lives(e) ? 1 : 0;
  if (e.state != s) e.since = now;
  e.state = s;
  living_ += lives(e) ? 1 : 0;
}

// kRandomNodes: for gossip the suspected and the newly dead as well.
std::vector<std::size_t> memberlist::some(std::size_t wanted, const ulid& but, boot_time now,
                                          bool for_gossip) {
  std::vector<std::size_t> chosen;
  const std::size_t n = entries_.size();
  for (std::size_t tries = 0; tries < 3 * n && chosen.size() < wanted; ++tries) {
    const std::size_t i = random_.below(n);
    const entry& e = entries_[i];
    const bool young = e.state == state::dead && now - e.since <= config_.gossip_to_the_dead;
    const bool fits = e.state == state::alive || (for_gossip && (lives(e) || young));
    if (e.reaped || !fits || e.data->id() == id_ || e.data->id() == but) continue;
    if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) chosen.push_back(i);
  }
  return chosen;
}

void memberlist::send(const cluster::address& to, std::string packet) {
  const auto limit =
      config_.retransmit_mult * static_cast<unsigned>(std::ceil(std::log10(double(known_) + 1.0)));
  const std::size_t most = config_.udp_buffer - 2;
  if (packet.size() < most) news_.take(packet, most - packet.size(), limit);
  out_.datagrams.push_back({to, std::move(packet)});
}

void memberlist::spread(boot_time now, const ulid& about, const cluster::message& m) {
  news_.put(about, encode(m));
  if (next_gossip_ != never) return;
  // Its ticker runs all the time; here only while there is something to say.
  const auto ticks = (now - gossip_phase_) / config_.gossip_interval + 1;
  next_gossip_ = gossip_phase_ + ticks * config_.gossip_interval;
}

void memberlist::report(change what, const entry& e) {
  out_.events.push_back({what, e.data->id(), e.data});
}

void memberlist::gossip(boot_time now) {
  next_gossip_ = now + config_.gossip_interval;
  for (const std::size_t i : some(config_.gossip_nodes, id_, now, true)) {
    if (!news_.empty()) send(entries_[i].data->data().gossip, {});
  }
  if (news_.empty()) next_gossip_ = never;
}

void memberlist::add_score(int by) {
  const int most = static_cast<int>(config_.awareness_max) - 1;
  score_ = static_cast<unsigned>(std::clamp(static_cast<int>(score_) + by, 0, most));
}

void memberlist::receive(boot_time now, const cluster::address& from, std::string_view bytes) {
  (void)for_each_message(bytes, [&](const cluster::message& m) {
    std::visit([&](const auto& of) { on(now, from, of); }, m);
  });
}

boot_time memberlist::wake_at() const {
  boot_time due =
      std::min({next_tick_, next_gossip_, next_push_pull_, suspicions_due_, relays_due_});
  if (probe_) due = std::min({due, probe_->ask_at, probe_->deadline});
  return due;
}

void memberlist::wake(boot_time now) {
  if (now >= suspicions_due_) run_suspicions(now);
  if (now >= relays_due_) run_relays(now);
  if (probe_ && now >= probe_->deadline) {
    fail_probe(now);
  } else if (probe_ && now >= probe_->ask_at) {
    ask_others(now);
  }
  if (now >= next_tick_) tick(now);
  if (now >= next_gossip_) gossip(now);
  if (now < next_push_pull_) return;
  const double n = std::max(1.0, double(known_));
  const double scale = n <= 32 ? 1.0 : std::ceil(std::log2(n) - 5.0) + 1.0;
  next_push_pull_ = now + config_.push_pull_interval * static_cast<int>(scale);
  for (const std::size_t i : some(1, id_, now, false)) {
    push_pull(now, entries_[i].data->data().gossip);
  }
}

std::optional<state> memberlist::believes(const ulid& who) const {
  const entry* e = find(who);
  if (e == nullptr) return std::nullopt;
  return e->state;
}

std::optional<cluster::address> memberlist::address_of(const ulid& who) const {
  const entry* e = find(who);
  if (e == nullptr) return std::nullopt;
  return e->data->data().gossip;
}

}  // namespace oklog::sim
