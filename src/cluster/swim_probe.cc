// swim: probing others, for ourselves and for those who ask.
#include <algorithm>
#include <numeric>

#include "oklog/cluster/swim.h"

namespace oklog::cluster {
namespace {

constexpr duration shortest_nack = std::chrono::milliseconds(300);
constexpr std::uint64_t rounds_ahead_max = 1ULL << 32;  // of ours that we believe somebody

std::uint32_t to_ms(duration d) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// The `round`-th offset of a schedule in which every offset from 1 to `others` comes once, in an
// order that changes each time around.
std::uint64_t offset_in(std::uint64_t round, std::uint64_t others) {
  const std::uint64_t turn = mix(round / others + 1);
  std::uint64_t step = turn % others + 1;
  while (std::gcd(step, others) != 1) step = step % others + 1;
  return 1 + (round % others * step + (turn >> 32)) % others;
}

}  // namespace

// All nodes follow one schedule: in round r each probes who stands offset(r) places behind it in
// the ring of ids. Where they agree on ring and round, everybody is probed exactly once a period,
// instead of by chance; where they do not, the choice is as good as a random one. The round is the
// highest that anybody has told, so that it goes up once a period all over the cluster.
std::size_t swim::next_target() {
  const std::size_t n = table_.living();
  round_ = std::max(round_ + 1, seen_round_);
  seen_round_ = round_;
  if (n < 2) return member_table::npos;
  return (table_.place(id_) + offset_in(round_, n - 1)) % n;
}

void swim::begin_probe(boot_time now) {
  if (leaving_) return;
  if (probe_) give_up_probe(now);
  forget_old(now);
  next_probe_ = now + rules_.probe_interval * (score_ + 1);
  const std::size_t place = next_target();
  if (place == member_table::npos) {
    add_score(-1);  // nobody there who could tell us that we are well
    return;
  }
  const view& target = table_.at(place);
  probe p;
  p.target = target.data->id();
  p.seq = ++seq_;
  p.begun = now;
  p.deadline = next_probe_;
  p.wait = ack_wait(target);
  p.next_step = now + p.wait;
  p.tries = 1;
  ++counts_.probes;
  probe_ = std::move(p);
  send_ping(target, probe_->seq);
}

duration swim::ack_wait(const view& v) const {
  const duration usual = v.rtt_us > 0 ? std::chrono::microseconds(v.rtt_us) : typical_rtt_;
  if (usual == duration::zero()) return rules_.ack_wait_max;
  return std::clamp(usual * rules_.rtt_factor, rules_.ack_wait_min, rules_.ack_wait_max);
}

void swim::send_ping(const view& to, std::uint32_t seq) {
  std::string packet;
  // Who is suspected hears of it from everybody who probes it, before anything else.
  const auto accused = suspicions_.find(to.data->id());
  if (accused != suspicions_.end()) put(packet, accusation(to, accused->second));
  put(packet, msg::ping{seq, to.data->id(), id_, round_});
  send(to.data->data().gossip, std::move(packet), true);
}

void swim::advance_probe(boot_time now) {
  const view* target = table_.find(probe_->target);
  if (target == nullptr || table_.place(probe_->target) == member_table::npos) {
    probe_.reset();  // gone meanwhile
    return;
  }
  if (now >= probe_->deadline) {
    give_up_probe(now);
    return;
  }
  if (probe_->tries == 1) ask_for_help(now, *target);
  if (probe_->tries < rules_.direct_tries) {
    ++probe_->tries;
    send_ping(*target, probe_->seq);
    probe_->next_step = std::min(now + probe_->wait, probe_->deadline);
  } else {
    probe_->next_step = probe_->deadline;
  }
}

void swim::ask_for_help(boot_time now, const view& target) {
  const duration left = probe_->deadline - now;
  const duration nack_after = std::min(left * 8 / 10, std::max(shortest_nack, 2 * probe_->wait));
  for (const std::size_t place : some_members(rules_.helpers, probe_->target, true)) {
    const view& helper = table_.at(place);
    probe_->asked.push_back(helper.data->id());
    const msg::ping_for request{probe_->seq, probe_->target, id_, to_ms(nack_after)};
    send(helper.data->data().gossip, encode(request), true);
  }
  // Where only datagrams are lost, it must not be called dead.
  start(errand::ping, target.data->data().gossip,
        encode(msg::ping{probe_->seq, probe_->target, id_, round_}), left);
  probe_->exchange = last_exchange_;
}

void swim::probe_answered(boot_time now) {
  view* v = table_.find(probe_->target);
  if (v != nullptr && probe_->tries == 1) {
    // An answer to a ping that was sent again says nothing about the way.
    const duration rtt = std::max<duration>(now - probe_->begun, std::chrono::microseconds(1));
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(rtt).count();
    const std::int64_t old = v->rtt_us == 0 ? us : v->rtt_us;
    v->rtt_us = static_cast<std::uint32_t>(std::max<std::int64_t>(1, (7 * old + us) / 8));
    typical_rtt_ = typical_rtt_ == duration::zero() ? rtt : (7 * typical_rtt_ + rtt) / 8;
  }
  probe_.reset();
  add_score(-1);
}

void swim::note_score(const msg::ack& m) {
  view* v = table_.find(m.from);
  if (v != nullptr) v->score = m.score;
}

bool swim::all_say_no() const {
  if (probe_->asked.empty()) return probe_->refused;
  return probe_->nacks.size() == probe_->asked.size();
}

void swim::give_up_probe(boot_time now) {
  const probe p = std::move(*probe_);
  probe_.reset();
  ++counts_.probes_failed;
  // Helpers that did not say no are a sign that it is us who do not hear.
  if (p.asked.empty()) {
    add_score(p.refused ? 0 : 1);
  } else {
    add_score(static_cast<int>(p.asked.size() - p.nacks.size()));
  }
  const view* v = table_.find(p.target);
  if (v == nullptr) return;
  msg::suspect s{p.target, v->incarnation, id_, p.nacks};
  if (s.confirmers.size() > confirmers_max) s.confirmers.resize(confirmers_max);
  on(now, self().data->data().gossip, s);
}

void swim::on(boot_time, const address& from, const msg::ping& m) {
  if (m.target != id_ || leaving_) return;
  if (m.round > seen_round_ && m.round - seen_round_ < rounds_ahead_max) seen_round_ = m.round;
  std::string packet;
  if (accused_) put(packet, own_news());
  put(packet, msg::ack{m.seq, id_, static_cast<std::uint8_t>(score_)});
  // News is for members alone: whoever claims another's address gets less than was sent.
  const view* source = table_.find(m.source);
  const bool known = source != nullptr && source->data->data().gossip == from;
  if (!known) packet = encode(msg::ack{m.seq, id_, static_cast<std::uint8_t>(score_)});
  send(from, std::move(packet), known);
}

void swim::on(boot_time now, const address&, const msg::ack& m) {
  if (probe_ && m.seq == probe_->seq && m.from == probe_->target) {
    note_score(m);
    probe_answered(now);
    return;
  }
  const auto at = relays_.find(m.seq);
  if (at == relays_.end() || at->second.target != m.from) return;
  send(at->second.origin, encode(msg::ack{at->second.origin_seq, m.from, m.score}), true);
  relays_.erase(at);
}

// The answer goes where the others know the member that asks, wherever the question came from: a
// machine with several networks sends from any of its addresses, and a claimed one gains nothing.
void swim::on(boot_time now, const address&, const msg::ping_for& m) {
  const view* source = table_.find(m.source);
  if (leaving_ || source == nullptr) return;
  const address from = source->data->data().gossip;
  if (m.target == id_ || relays_.size() >= rules_.relays_max) return;
  const std::size_t place = table_.place(m.target);
  if (place == member_table::npos) {
    send(from, encode(msg::nack{m.seq, id_}), true);
    return;
  }
  const duration patience = std::chrono::milliseconds(m.nack_after_ms);
  relay r{m.target, from, m.seq, now + patience / 2, now + patience};
  const std::uint32_t seq = ++seq_;
  send_ping(table_.at(place), seq);
  relays_due_ = std::min(relays_due_, r.again_at);
  relays_.emplace(seq, r);
}

void swim::on(boot_time now, const address&, const msg::nack& m) {
  if (!probe_ || m.seq != probe_->seq) return;
  const auto& asked = probe_->asked;
  auto& nacks = probe_->nacks;
  if (std::find(asked.begin(), asked.end(), m.from) == asked.end()) return;
  if (std::find(nacks.begin(), nacks.end(), m.from) != nacks.end()) return;
  nacks.push_back(m.from);
  if (all_say_no()) give_up_probe(now);
}

void swim::run_relays(boot_time now) {
  relays_due_ = never;
  for (auto at = relays_.begin(); at != relays_.end();) {
    relay& r = at->second;
    if (now >= r.nack_at) {
      send(r.origin, encode(msg::nack{r.origin_seq, id_}), true);
      at = relays_.erase(at);
      continue;
    }
    if (now >= r.again_at) {
      const std::size_t place = table_.place(r.target);
      if (place != member_table::npos) send_ping(table_.at(place), at->first);
      r.again_at = r.nack_at;
    }
    relays_due_ = std::min(relays_due_, r.again_at);
    ++at;
  }
}

}  // namespace oklog::cluster
