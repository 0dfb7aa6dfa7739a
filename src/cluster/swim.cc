#include "oklog/cluster/swim.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog::cluster {

swim::swim(const rules& r, data_pool& pool, const ulid& id, const member_data& data,
           std::uint64_t incarnation, prng random)
    : rules_(r),
      pool_(pool),
      id_(id),
      incarnation_(incarnation),
      own_(data),
      random_(random),
      seq_(static_cast<std::uint32_t>(random_.next())) {
  view v;
  v.data = pool_.share(id_, own_);
  v.incarnation = incarnation_;
  table_.put(std::move(v));
}

void swim::begin(boot_time now) {
  table_.find(id_)->since = now;
  const auto draw = [this](duration below) {
    return duration(random_.below(static_cast<std::uint64_t>(below.count())));
  };
  next_probe_ = now + draw(rules_.probe_interval);
  // Soon at first: who has just come may not be known to all, nor know all, while news of many who
  // come at once is lost.
  sync_pause_ = rules_.first_sync;
  next_sync_ = now + sync_pause_ + draw(sync_pause_);
}

void swim::acquaint(const std::vector<view>& living) {
  std::vector<view> all;
  all.reserve(living.size() + 1);
  const auto less = [](const view& v, const ulid& id) { return v.data->id() < id; };
  const auto own = std::lower_bound(living.begin(), living.end(), id_, less);
  all.insert(all.end(), living.begin(), own);
  all.push_back(self());
  const bool listed = own != living.end() && own->data->id() == id_;
  all.insert(all.end(), listed ? own + 1 : own, living.end());
  table_.fill(std::move(all));
}

const ulid& swim::id() const {
  return id_;
}
std::uint64_t swim::incarnation() const {
  return incarnation_;
}

// Every input begins here: from the caller's time to the time in which we ran.
boot_time swim::enter(boot_time now) {
  const boot_time due = wake_at();
  if (due != never && now > due + rules_.stall_min) {
    lost_ += now - due;
    ++counts_.stalls;
    add_score(1);
    if (probe_) {
      // What it waited for was lost with us. The next one begins at once.
      probe_.reset();
      next_probe_ = now - lost_;
    }
  }
  return now - lost_;
}

boot_time swim::wake_at() const {
  boot_time due = std::min({next_probe_, next_gossip_, next_sync_, suspicions_due_, relays_due_});
  if (probe_) due = std::min(due, probe_->next_step);
  return due == never ? never : due + lost_;
}

void swim::wake(boot_time now) {
  now = enter(now);
  if (now >= suspicions_due_) run_suspicions(now);
  if (now >= relays_due_) run_relays(now);
  if (probe_ && now >= probe_->next_step) advance_probe(now);
  if (now >= next_probe_) begin_probe(now);
  if (now >= next_gossip_) gossip(now);
  if (now >= next_sync_) begin_sync(now);
}

void swim::add_score(int by) {
  const int score = static_cast<int>(score_) + by;
  score_ = static_cast<unsigned>(std::clamp(score, 0, static_cast<int>(rules_.score_max)));
}

void swim::report(change what, const view& v) {
  out.events.push_back({what, v.data->id(), v.data});
}

msg::alive swim::own_news() const {
  return {id_, incarnation_, own_};
}

void swim::spread(boot_time now, const ulid& about, const message& news) {
  news_.put(about, encode(news));
  if (next_gossip_ != never) return;
  const auto spread_over = static_cast<std::uint64_t>(rules_.gossip_interval.count()) / 4;
  const boot_time soon = now + duration(random_.below(spread_over + 1));
  next_gossip_ = std::max(soon, last_gossip_ + rules_.gossip_interval);
}

void swim::send(const address& to, std::string packet, bool with_news) {
  const std::size_t most = rules_.packet_max - rules_.seal_bytes;
  if (with_news && packet.size() < most) {
    news_.take(packet, most - packet.size(), retransmit_limit(rules_, living()));
  }
  ASSERT(packet.size() <= most, "a gossip packet is over its limit");
  out.datagrams.push_back({to, std::move(packet)});
}

// Places in the ring, distinct, without us and `but`.
std::vector<std::size_t> swim::some_members(std::size_t wanted, const ulid& but, bool alive_only) {
  std::vector<std::size_t> chosen;
  const auto fits = [&](std::size_t place) {
    const view& v = table_.at(place);
    const ulid& id = v.data->id();
    return id != id_ && id != but && (!alive_only || v.state == state::alive) &&
           std::find(chosen.begin(), chosen.end(), place) == chosen.end();
  };
  const std::size_t n = table_.living();
  if (n <= 4 * wanted) {
    std::vector<std::size_t> all;
    for (std::size_t p = 0; p < n; ++p) {
      if (fits(p)) all.push_back(p);
    }
    random_.shuffle(all);
    if (all.size() > wanted) all.resize(wanted);
    return all;
  }
  for (std::size_t tries = 0; tries < 3 * n && chosen.size() < wanted; ++tries) {
    const std::size_t place = random_.below(n);
    if (fits(place)) chosen.push_back(place);
  }
  return chosen;
}

void swim::gossip(boot_time now) {
  next_gossip_ = never;
  if (news_.size() == 0) return;
  std::vector<address> to;
  for (const std::size_t place : some_members(rules_.gossip_fanout, id_, false)) {
    to.push_back(table_.at(place).data->data().gossip);
  }
  // Whoever was wrongly declared dead has to hear of it.
  std::vector<address> buried;
  for (const auto& [id, v] : table_.gone()) {
    const bool young = v.state == state::dead && now - v.since < rules_.gossip_to_dead;
    if (young) buried.push_back(v.data->data().gossip);
  }
  if (!buried.empty() && random_.below(2) == 0) to.push_back(buried[random_.below(buried.size())]);
  for (const address& a : to) {
    if (news_.size() > 0) send(a, {}, true);
  }
  last_gossip_ = now;
  if (to.empty()) {
    news_ = broadcasts();  // nobody to tell: those who come will ask
  } else if (news_.size() > 0) {
    next_gossip_ = now + rules_.gossip_interval;
  }
}

void swim::receive(boot_time now, const address& from, std::string_view bytes) {
  now = enter(now);
  accused_ = false;
  const auto read = for_each_message(bytes, [&](const message& m) { take(now, from, m); });
  if (!read) ++counts_.malformed;
}

void swim::take(boot_time now, const address& from, const message& m) {
  std::visit([&](const auto& of) { on(now, from, of); }, m);
}

void swim::update(boot_time now, const member_data& data) {
  now = enter(now);
  if (data == own_ || leaving_) return;
  own_ = data;
  ++incarnation_;
  view& v = *table_.find(id_);
  v.data = pool_.share(id_, own_);
  v.incarnation = incarnation_;
  spread(now, id_, own_news());
}

void swim::leave(boot_time now, bool kept_records) {
  now = enter(now);
  if (leaving_) return;
  leaving_ = true;
  own_.kept_records = kept_records;
  probe_.reset();
  next_probe_ = next_sync_ = never;
  spread(now, id_, msg::left{own_news()});
}

bool swim::said() const {
  return leaving_ && (living() == 1 || !news_.has(id_));
}

std::vector<member> swim::members() const {
  std::vector<member> all;
  const auto add = [&](const view& v) {
    member m;
    m.id = v.data->id();
    m.data = v.data->data();
    m.state = v.state;
    m.incarnation = v.incarnation;
    m.flaps = v.flaps;
    m.since = v.since + lost_;
    m.score = v.data->id() == id_ ? static_cast<std::uint8_t>(score_) : v.score;
    m.round_trip = std::chrono::microseconds(v.rtt_us);
    all.push_back(std::move(m));
  };
  add(self());
  for (std::size_t p = 0; p < table_.living(); ++p) {
    if (table_.at(p).data->id() != id_) add(table_.at(p));
  }
  for (const auto& [id, v] : table_.gone()) add(v);
  std::sort(all.begin() + 1, all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace oklog::cluster
