// swim: whole tables, compared and exchanged over connections. Heals what gossip has missed, tells
// those who join, and brings the two sides of a partition together again.
#include <algorithm>

#include "oklog/cluster/swim.h"

namespace oklog::cluster {
namespace {

constexpr std::size_t exchanges_max = 64;

std::uint64_t seconds(duration d) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(d).count()));
}

}  // namespace

void swim::start(errand what, const address& to, std::string bytes, duration limit) {
  if (exchanges_.size() >= exchanges_max) exchanges_.erase(exchanges_.begin());
  exchanges_.emplace(++last_exchange_, under_way{what, to});
  out.exchanges.push_back({last_exchange_, to, std::move(bytes), limit});
}

std::string swim::sync_request() const {
  std::string packet;
  put(packet, own_news());
  put(packet, msg::sync{table_.digest()});
  return packet;
}

void swim::join(boot_time now, const address& seed) {
  now = enter(now);
  if (leaving_ || seed == own_.gossip) return;
  start(errand::sync, seed, sync_request(), rules_.exchange_limit);
}

void swim::begin_sync(boot_time now) {
  next_sync_ = now + sync_pause_;
  sync_pause_ = std::min(2 * sync_pause_, sync_interval(rules_, living()));
  for (const std::size_t place : some_members(1, id_, true)) {
    const view& v = table_.at(place);
    start(errand::sync, v.data->data().gossip, sync_request(), rules_.exchange_limit);
  }
  // One of the dead as well: after a partition each side takes the other for dead.
  std::vector<const view*> dead;
  for (const auto& [id, v] : table_.gone()) {
    if (v.state == state::dead) dead.push_back(&v);
  }
  if (dead.empty()) return;
  const view& v = *dead[random_.below(dead.size())];
  start(errand::sync, v.data->data().gossip, sync_request(), rules_.exchange_limit);
}

std::string swim::whole_table(boot_time now) const {
  msg::table t;
  t.entries.reserve(table_.size());
  const auto add = [&](const view& v) {
    const bool is_gone = v.state == state::dead || v.state == state::left;
    t.entries.push_back({v.state,
                         is_gone ? seconds(now - v.since) : 0,
                         {v.data->id(), v.incarnation, v.data->data()}});
  };
  for (std::size_t p = 0; p < table_.living(); ++p) add(table_.at(p));
  for (const auto& [id, v] : table_.gone()) add(v);
  std::string packet;
  put(packet, t);
  return packet;
}

void swim::merge(boot_time now, const msg::table& t) {
  ++counts_.syncs_full;
  for (const msg::entry& e : t.entries) merge(now, e);
}

void swim::merge(boot_time now, const msg::entry& e) {
  const address nowhere;
  const ulid& id = e.who.id;
  const view* v = table_.find(id);
  if (e.state == state::alive || e.state == state::suspect || id == id_) {
    if (id == id_ && e.state != state::alive) {
      on(now, nowhere, msg::suspect{id, e.who.incarnation, ulid{}, {}});
    } else {
      on(now, nowhere, e.who);
      if (e.state == state::suspect) on(now, nowhere, msg::suspect{id, e.who.incarnation, id_, {}});
    }
    return;
  }
  if (v == nullptr) {
    // Known as gone, so that no old news makes it alive; with its age, so that it is forgotten.
    const duration age = std::chrono::seconds(std::min<std::uint64_t>(e.age_s, 1U << 30));
    if (age >= memory_of(e.state, e.who.data) || !may_join(e.who)) return;
    view gone;
    gone.data = pool_.share(id, e.who.data);
    gone.incarnation = e.who.incarnation;
    gone.since = now - age;
    gone.state = e.state;
    table_.put(std::move(gone));
  } else if (e.state == state::left) {
    on(now, nowhere, msg::left{e.who});
  } else {
    // It may be our side that is right: it gets the time of a suspect to say so.
    on(now, nowhere, msg::suspect{id, e.who.incarnation, id_, {}});
  }
}

std::string swim::answer(boot_time now, std::string_view request) {
  now = enter(now);
  std::string reply;
  accused_ = false;
  const auto see = [&](const message& m) {
    if (const auto* p = std::get_if<msg::ping>(&m)) {
      if (p->target == id_ && !leaving_)
        put(reply, msg::ack{p->seq, id_, static_cast<std::uint8_t>(score_)});
    } else if (const auto* s = std::get_if<msg::sync>(&m)) {
      const bool equal = s->digest == table_.digest();
      if (equal) ++counts_.syncs_equal;
      reply += equal ? encode(msg::same{}) : whole_table(now) + encode(msg::sync{table_.digest()});
    } else if (const auto* t = std::get_if<msg::table>(&m)) {
      merge(now, *t);
      put(reply, msg::done{});
    } else if (const auto* a = std::get_if<msg::alive>(&m)) {
      on(now, address{}, *a);
    }
  };
  const auto read = for_each_message(request, see);
  if (!read) ++counts_.malformed;
  return read ? reply : std::string();
}

void swim::exchanged(boot_time now, std::uint64_t id, failure how, std::string_view answer) {
  now = enter(now);
  const auto at = exchanges_.find(id);
  if (at == exchanges_.end()) return;
  const under_way done = at->second;
  exchanges_.erase(at);
  if (done.what == errand::ping) {
    if (!probe_ || probe_->exchange != id) return;
    if (how == failure::none) {
      const auto see = [&](const message& m) {
        const auto* a = std::get_if<msg::ack>(&m);
        if (a != nullptr && probe_ && a->seq == probe_->seq && a->from == probe_->target)
          probe_answered(now);
      };
      if (!for_each_message(answer, see)) ++counts_.malformed;
    } else if (how == failure::refused) {
      probe_->refused = true;
      if (all_say_no()) give_up_probe(now);
    }
  } else if (done.what == errand::sync && how == failure::none) {
    take_sync_answer(now, done.to, answer);
  }
}

void swim::take_sync_answer(boot_time now, const address& to, std::string_view bytes) {
  msg::digest theirs;
  bool whole = false;
  const auto see = [&](const message& m) {
    if (const auto* t = std::get_if<msg::table>(&m)) {
      whole = true;
      merge(now, *t);
    } else if (const auto* s = std::get_if<msg::sync>(&m)) {
      theirs = s->digest;
    } else if (std::holds_alternative<msg::same>(m)) {
      ++counts_.syncs_equal;
    }
  };
  if (!for_each_message(bytes, see)) {
    ++counts_.malformed;
    return;
  }
  // What we know beyond theirs.
  if (whole && theirs != table_.digest()) {
    start(errand::push, to, whole_table(now), rules_.exchange_limit);
  }
}

}  // namespace oklog::cluster
