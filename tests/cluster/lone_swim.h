// One membership machine whose surroundings the test plays: members 1 to n at 10.0.0.1 to .n, of
// which it is one, all knowing each other from the start.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "oklog/cluster/swim.h"

namespace oklog::cluster {

inline ulid id_of(std::uint64_t k) {
  return {0, k};
}
inline address address_of(unsigned k) {
  return *make_address("10.0.0." + std::to_string(k), 7659);
}
inline member_data data_of(unsigned k) {
  member_data d;
  d.gossip = address_of(k);
  d.api_port = 7650;
  d.version = "0.1.0";
  return d;
}

class lone_swim {
  data_pool pool_;  // outlives all that it gave out

 public:
  static constexpr std::uint64_t first_incarnation = 1'000ULL << 16;

  explicit lone_swim(unsigned members, const rules& r = {}, unsigned own = 1)
      : swim_(r, pool_, id_of(own), data_of(own), first_incarnation, prng(7)) {
    std::vector<view> all;
    for (unsigned k = 1; k <= members; ++k) {
      view v;
      v.data = pool_.share(id_of(k), data_of(k));
      v.incarnation = first_incarnation;
      v.since = now_;
      all.push_back(std::move(v));
    }
    swim_.acquaint(all);
    swim_.begin(now_);
  }

  swim& operator*() { return swim_; }
  swim* operator->() { return &swim_; }
  boot_time now() const { return now_; }

  // Time passes, every timer fires when it is due.
  void advance(duration d) {
    const boot_time end = now_ + d;
    while (swim_.wake_at() <= end) {
      now_ = std::max(now_, swim_.wake_at());
      swim_.wake(now_);
      take();
    }
    now_ = end;
  }
  // Time passes, and it does not run.
  void freeze(duration d) { now_ += d; }

  void receive(unsigned from, std::string_view packet) {
    swim_.receive(now_, address_of(from), packet);
    take();
  }
  void receive(unsigned from, const message& m) { receive(from, std::string_view(encode(m))); }

  // What it sent since clear(), by kind.
  template <class M>
  std::vector<std::pair<address, M>> sent() const {
    std::vector<std::pair<address, M>> found;
    for (const datagram& d : datagrams) {
      (void)for_each_message(d.bytes, [&](const message& m) {
        if (const auto* of = std::get_if<M>(&m)) found.emplace_back(d.to, *of);
      });
    }
    return found;
  }
  std::size_t count(change what, unsigned k) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(),
                      [&](const event& e) { return e.what == what && e.who == id_of(k); }));
  }
  void clear() {
    datagrams.clear();
    exchanges.clear();
    events.clear();
  }

  // Lets time pass until it probes, and returns its ping.
  msg::ping next_probe(duration limit = std::chrono::seconds(30)) {
    clear();
    const std::uint64_t before = swim_.counts().probes;
    const boot_time end = now_ + limit;
    while (swim_.counts().probes == before && now_ < end) advance(std::chrono::milliseconds(1));
    const auto pings = sent<msg::ping>();
    return pings.empty() ? msg::ping{} : pings.back().second;
  }
  void acknowledge(const msg::ping& p) {
    receive(static_cast<unsigned>(p.target.lo), msg::ack{p.seq, p.target, 0});
  }
  // Answers every probe for so long; what it sends is lost.
  void live(duration d) {
    const boot_time end = now_ + d;
    while (now_ < end) {
      datagrams.clear();
      advance(std::chrono::milliseconds(1));
      for (const auto& [to, ping] : sent<msg::ping>()) acknowledge(ping);
    }
  }

  state state_of(unsigned k) const {
    const view* v = swim_.table().find(id_of(k));
    return v == nullptr ? state::left : v->state;
  }
  std::uint64_t incarnation_of(unsigned k) const {
    const view* v = swim_.table().find(id_of(k));
    return v == nullptr ? 0 : v->incarnation;
  }
  bool knows(unsigned k) const { return swim_.table().find(id_of(k)) != nullptr; }

  std::vector<datagram> datagrams;
  std::vector<exchange> exchanges;
  std::vector<event> events;

 private:
  void take() {
    const auto move_to = [](auto& to, auto& from) {
      for (auto& one : from) to.push_back(std::move(one));
    };
    move_to(datagrams, swim_.out.datagrams);
    move_to(exchanges, swim_.out.exchanges);
    move_to(events, swim_.out.events);
    swim_.out.clear();
  }

  swim swim_;
  boot_time now_{std::chrono::hours(5)};
};

inline constexpr std::uint64_t first_incarnation = lone_swim::first_incarnation;
inline constexpr std::uint64_t inc = first_incarnation;

}  // namespace oklog::cluster
