// What news does to what a node believes.
#include <catch2/catch.hpp>

#include "cluster/lone_swim.h"

using namespace oklog;
using namespace oklog::cluster;
using namespace std::chrono_literals;

namespace {}  // namespace

TEST_CASE("alive: an unknown member joins, is reported once and told to others") {
  lone_swim s(2);
  s.receive(2, msg::alive{id_of(7), 5, data_of(7)});
  s.receive(2, msg::alive{id_of(7), 5, data_of(7)});
  CHECK(s.state_of(7) == state::alive);
  CHECK(s.count(change::joined, 7) == 1);
  CHECK(s->living() == 3);
  CHECK(s->news_waiting() == 1);
}

TEST_CASE("alive: at an equal or lower incarnation nothing changes") {
  lone_swim s(3);
  member_data other = data_of(2);
  other.free_sixteenths = 3;
  s.receive(3, msg::alive{id_of(2), inc, other});
  s.receive(3, msg::alive{id_of(2), inc - 1, other});
  CHECK(s.events.empty());
  CHECK(s->news_waiting() == 0);
  CHECK(s->table().find(id_of(2))->data->data() == data_of(2));
}

TEST_CASE("alive: a higher incarnation brings new data and a new address") {
  lone_swim s(3);
  member_data moved = data_of(2);
  moved.gossip = address_of(200);
  moved.free_sixteenths = 3;
  s.receive(3, msg::alive{id_of(2), inc + 1, moved});
  CHECK(s.count(change::updated, 2) == 1);
  CHECK(s->table().find(id_of(2))->data->data() == moved);
  CHECK(s->living() == 3);
}

TEST_CASE("alive: a suspect is cleared by a higher incarnation, and by nothing less") {
  lone_swim s(3);
  s.receive(3, msg::suspect{id_of(2), inc, id_of(3), {}});
  s.receive(3, msg::alive{id_of(2), inc, data_of(2)});
  CHECK(s.state_of(2) == state::suspect);
  s.receive(3, msg::alive{id_of(2), inc + 1, data_of(2)});
  CHECK(s.state_of(2) == state::alive);
  CHECK(s.count(change::refuted, 2) == 1);
  s.live(60s);
  CHECK(s.count(change::died, 2) == 0);
}

TEST_CASE("alive: addresses that nobody could reach are refused and counted") {
  lone_swim s(2);
  for (const char* ip : {"0.0.0.0", "::", "127.0.0.1", "::1", "169.254.169.254", "224.0.0.1",
                         "255.255.255.255", "fe80::1", "ff02::1", "fd00:ec2::254"}) {
    member_data d = data_of(7);
    d.gossip = *make_address(ip, 7659);
    s.receive(2, msg::alive{id_of(7), 5, d});
  }
  member_data no_port = data_of(7);
  no_port.gossip.port = 0;
  s.receive(2, msg::alive{id_of(7), 5, no_port});
  CHECK_FALSE(s.knows(7));
  CHECK(s->counts().refused_members == 11);
}

TEST_CASE("alive: beyond members_max nobody is let in, and those inside may change") {
  rules r;
  r.members_max = 4;
  lone_swim s(3, r);
  for (unsigned k = 10; k < 20; ++k) s.receive(2, msg::alive{id_of(k), 5, data_of(k)});
  CHECK(s->table().size() == 4);
  CHECK(s->counts().refused_members == 9);
  s.receive(2, msg::alive{id_of(3), inc + 1, data_of(3)});
  CHECK(s.incarnation_of(3) == inc + 1);
}

TEST_CASE("suspect: of nobody known, or of an old incarnation, it is ignored") {
  lone_swim s(3);
  s.receive(2, msg::suspect{id_of(9), inc, id_of(2), {}});
  s.receive(2, msg::suspect{id_of(3), inc - 1, id_of(2), {}});
  CHECK(s.events.empty());
  CHECK(s->news_waiting() == 0);
}

TEST_CASE("suspect: it is reported once, told on, and given up when its time is over") {
  lone_swim s(5);
  s.receive(2, msg::suspect{id_of(3), inc, id_of(2), {id_of(4), id_of(5)}});
  s.receive(2, msg::suspect{id_of(3), inc, id_of(2), {}});
  CHECK(s.count(change::suspected, 3) == 1);
  CHECK(s->living() == 5);
  s.live(3600ms);
  CHECK(s.state_of(3) == state::suspect);
  s.live(200ms);
  CHECK(s.count(change::died, 3) == 1);
  CHECK(s.state_of(3) == state::dead);
  CHECK(s->counts().deaths == 1);
}

TEST_CASE("suspect: each independent voice shortens the time, the same one does not") {
  const auto dies_within = [](unsigned voices, bool same, duration limit) {
    lone_swim s(9);
    s.receive(2, msg::suspect{id_of(3), inc, id_of(2), {}});
    for (unsigned k = 0; k < voices; ++k) {
      s.receive(2, msg::suspect{id_of(3), inc, id_of(same ? 2 : 4 + k), {}});
    }
    s.live(limit);
    return s.count(change::died, 3) == 1;
  };
  CHECK_FALSE(dies_within(0, false, 20s));
  CHECK(dies_within(0, false, 23s));
  CHECK_FALSE(dies_within(5, true, 20s));
  CHECK_FALSE(dies_within(1, false, 8s));
  CHECK(dies_within(1, false, 12s));
  CHECK(dies_within(2, false, 4s));
  CHECK(dies_within(5, false, 4s));
}

TEST_CASE("suspect: a confirmation beyond those wanted is not told on") {
  lone_swim s(9);
  s.receive(2, msg::suspect{id_of(3), inc, id_of(2), {id_of(4), id_of(5)}});
  s.live(3s);
  const std::size_t waiting = s->news_waiting();
  s.receive(2, msg::suspect{id_of(3), inc, id_of(6), {}});
  CHECK(s->news_waiting() == waiting);
}

TEST_CASE("suspect: it is asked once more before it is given up, and may answer") {
  lone_swim s(5);
  s.receive(2, msg::suspect{id_of(3), inc, id_of(2), {id_of(4), id_of(5)}});
  s.advance(3s);
  s.clear();
  s.advance(200ms);
  bool asked = false;
  for (const auto& [to, ping] : s.sent<msg::ping>()) asked |= to == address_of(3);
  CHECK(asked);
  s.receive(3, msg::alive{id_of(3), inc + 1, data_of(3)});
  s.live(5s);
  CHECK(s.state_of(3) == state::alive);
}

TEST_CASE("suspect: the accused refutes by a higher incarnation, at a price") {
  lone_swim s(3);
  s.receive(2, msg::suspect{id_of(1), inc, id_of(2), {}});
  CHECK(s->incarnation() == inc + 1);
  CHECK(s->score() == 1);
  CHECK(s->counts().refutes == 1);
  s.receive(2, msg::suspect{id_of(1), inc, id_of(2), {}});  // old by now
  CHECK(s->counts().refutes == 1);
  s.receive(2, msg::suspect{id_of(1), inc + 50, id_of(2), {}});
  CHECK(s->incarnation() == inc + 51);
}

TEST_CASE("dead: of nobody known, of an old incarnation or of the dead it is ignored") {
  lone_swim s(4);
  s.receive(2, msg::dead{id_of(9), inc, id_of(2)});
  s.receive(2, msg::dead{id_of(3), inc - 1, id_of(2)});
  CHECK(s.events.empty());
  s.receive(2, msg::dead{id_of(3), inc, id_of(2)});
  s.receive(4, msg::dead{id_of(3), inc, id_of(4)});
  CHECK(s.count(change::died, 3) == 1);
  CHECK(s->living() == 3);
}

TEST_CASE("dead: alive at the same incarnation, replayed, does not wake it; a higher one does") {
  lone_swim s(4);
  s.receive(2, msg::dead{id_of(3), inc, id_of(2)});
  s.receive(2, msg::alive{id_of(3), inc, data_of(3)});
  s.receive(2, msg::suspect{id_of(3), inc, id_of(2), {}});
  CHECK(s.state_of(3) == state::dead);
  s.receive(2, msg::alive{id_of(3), inc + 1, data_of(3)});
  CHECK(s.state_of(3) == state::alive);
  CHECK(s.count(change::joined, 3) == 1);
}

TEST_CASE("dead: whoever hears of its own death refutes it") {
  lone_swim s(3);
  s.receive(2, msg::dead{id_of(1), inc, id_of(2)});
  CHECK(s->incarnation() == inc + 1);
  CHECK(s->living() == 3);
  CHECK(s->counts().refutes == 1);
}

TEST_CASE("dead: they are remembered, so that old news and old tables make no ghosts") {
  lone_swim s(4);
  s.receive(2, msg::dead{id_of(3), inc, id_of(2)});
  s.live(11min);
  s.receive(2, msg::alive{id_of(3), inc, data_of(3)});
  msg::table old;
  old.entries.push_back({state::alive, 0, {id_of(3), inc, data_of(3)}});
  (void)s->answer(s.now(), encode(old));
  CHECK(s.state_of(3) == state::dead);
  CHECK(s.count(change::joined, 3) == 0);
}

TEST_CASE("dead: for half a minute gossip goes to them too, so that they can refute") {
  lone_swim s(6);
  s.receive(2, msg::dead{id_of(3), inc, id_of(2)});
  bool told = false;
  for (int i = 0; i < 50; ++i) {
    s.clear();
    s.advance(100ms);
    for (const datagram& d : s.datagrams) told |= d.to == address_of(3);
    s.receive(2, msg::alive{id_of(4), inc + 1 + static_cast<unsigned>(i), data_of(4)});
  }
  CHECK(told);
}

TEST_CASE("left: who leaves is no longer a member, and is not said to have died") {
  lone_swim s(4);
  s.receive(3, msg::left{{id_of(3), inc, data_of(3)}});
  CHECK(s.count(change::left, 3) == 1);
  CHECK(s.count(change::died, 3) == 0);
  CHECK(s->living() == 3);
  s.receive(2, msg::dead{id_of(3), inc, id_of(2)});
  CHECK(s.count(change::died, 3) == 0);
  s.receive(2, msg::alive{id_of(3), inc, data_of(3)});
  CHECK_FALSE(s.state_of(3) == state::alive);
}

TEST_CASE("left: it may come back under its name, with a new incarnation and address") {
  lone_swim s(4);
  s.receive(3, msg::left{{id_of(3), inc, data_of(3)}});
  member_data moved = data_of(3);
  moved.gossip = address_of(33);
  s.receive(2, msg::alive{id_of(3), inc + (1 << 16), moved});
  CHECK(s.state_of(3) == state::alive);
  CHECK(s->table().find(id_of(3))->data->data().gossip == address_of(33));
}

TEST_CASE("left: it is forgotten after 25 hours") {
  lone_swim s(3);
  s.receive(3, msg::left{{id_of(3), inc, data_of(3)}});
  s.live(24h);
  CHECK(s.knows(3));
  s.live(2h);
  CHECK_FALSE(s.knows(3));
}

TEST_CASE("leave: others are told, pings are no longer answered, nothing is refuted") {
  lone_swim s(4);
  s->leave(s.now());
  s.advance(5s);
  CHECK_FALSE(s.sent<msg::left>().empty());
  CHECK(s->said());
  s.clear();
  s.receive(2, msg::ping{5, id_of(1), id_of(2), 1});
  s.receive(2, msg::dead{id_of(1), inc, id_of(2)});
  CHECK(s.datagrams.empty());
  CHECK(s->incarnation() == inc);
}

TEST_CASE("leave: alone, there is nobody to tell") {
  lone_swim s(1);
  s->leave(s.now());
  CHECK(s->said());
}

TEST_CASE("update: our own new data goes out under a higher incarnation") {
  lone_swim s(3);
  member_data d = data_of(1);
  d.free_sixteenths = 2;
  s->update(s.now(), d);
  CHECK(s->incarnation() == inc + 1);
  s.advance(1s);
  REQUIRE_FALSE(s.sent<msg::alive>().empty());
  CHECK(s.sent<msg::alive>()[0].second.data == d);
  s->update(s.now(), d);
  CHECK(s->incarnation() == inc + 1);
}

TEST_CASE("restart: news of our earlier life at another address is refuted once, in silence") {
  lone_swim s(3);
  member_data old = data_of(1);
  old.gossip = address_of(111);
  s.receive(2, msg::alive{id_of(1), inc, old});
  CHECK(s->incarnation() == inc + 1);
  CHECK(s.count(change::conflict, 1) == 0);
  s.receive(2, msg::alive{id_of(1), inc - (1 << 16), old});
  CHECK(s->counts().refutes == 1);
}

TEST_CASE("conflict: another living node under our id is reported, not too often, by both") {
  member_data there = data_of(1);
  there.gossip = address_of(111);
  lone_swim a(3);
  unsigned reports = 0;
  std::uint64_t theirs = inc;
  for (int i = 0; i < 10; ++i) {
    a.receive(2, msg::alive{id_of(1), theirs, there});
    theirs = a->incarnation() + 1;  // it refutes us, as we refute it
    a.freeze(100ms);
    reports = static_cast<unsigned>(a.count(change::conflict, 1));
  }
  CHECK(reports >= 1);
  CHECK(reports <= 2);
}

TEST_CASE("flapping: who keeps coming back from the dead gets more time at each return") {
  lone_swim s(9);
  std::uint64_t i = inc;
  std::vector<duration> times;
  for (int round = 0; round < 4; ++round) {
    s.receive(2, msg::suspect{id_of(3), i, id_of(2), {id_of(4), id_of(5)}});
    const boot_time begun = s.now();
    while (s.state_of(3) == state::suspect) s.live(100ms);
    times.push_back(s.now() - begun);
    s.receive(3, msg::alive{id_of(3), ++i, data_of(3)});
    s.live(1s);
  }
  CHECK(times[0] < 4s);
  CHECK(times[1] > 7s);
  CHECK(times[2] > 14s);
  CHECK(times[3] < 16s);
  // A restart is no flap.
  i += 1 << 16;
  s.receive(3, msg::alive{id_of(3), i, data_of(3)});
  s.receive(2, msg::suspect{id_of(3), i, id_of(2), {id_of(4), id_of(5)}});
  s.live(4s);
  CHECK(s.state_of(3) == state::dead);
}

TEST_CASE("packets: whatever there is to say, none is longer than the budget leaves") {
  lone_swim s(3);
  std::size_t largest = 0;
  for (unsigned k = 10; k < 200; ++k) {
    member_data d = data_of(k);
    d.version = std::string(version_bytes_max, 'v');
    d.extra = std::string(k % (extra_bytes_max + 1), 'x');
    s.receive(2, msg::alive{id_of(k), ~0ULL >> 1, d});
    s.receive(2, msg::suspect{id_of(1), s->incarnation(), id_of(2), {}});
    s.receive(2, msg::ping{k, id_of(1), id_of(2), k});
    s.advance(50ms);
    for (const datagram& d2 : s.datagrams) largest = std::max(largest, d2.bytes.size());
    s.clear();
  }
  const rules r;
  CHECK(largest <= r.packet_max - r.seal_bytes);
  CHECK(largest > 1000);
}

TEST_CASE("packets: one that is malformed changes nothing and is counted") {
  lone_swim s(3);
  const std::string bytes = encode(msg::dead{id_of(3), inc, id_of(2)});
  for (std::size_t n = 1; n < bytes.size(); ++n) s.receive(2, bytes.substr(0, n));
  CHECK(s->counts().malformed == bytes.size() - 1);
  CHECK(s->living() == 3);
  CHECK(s.events.empty());
  CHECK(s.datagrams.empty());
}

TEST_CASE("forget: who is gone is missed by nobody any more, whatever older news says") {
  lone_swim s(4);
  CHECK_FALSE(s->forget(s.now(), id_of(2)));  // it lives
  CHECK_FALSE(s->forget(s.now(), id_of(9)));  // nobody knows it
  s.receive(3, msg::dead{id_of(2), inc, id_of(3)});
  REQUIRE(s.state_of(2) == state::dead);
  CHECK(s->forget(s.now(), id_of(2)));
  CHECK(s.state_of(2) == state::left);
  s.receive(3, msg::dead{id_of(2), inc, id_of(3)});
  CHECK(s.state_of(2) == state::left);
  // Should it live after all, it says so.
  s.receive(2, msg::alive{id_of(2), inc + 2, data_of(2)});
  CHECK(s.state_of(2) == state::alive);
}
