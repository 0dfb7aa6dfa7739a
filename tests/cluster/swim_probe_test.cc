// Who is probed, and what an answer or its absence means.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "cluster/lone_swim.h"

using namespace oklog;
using namespace oklog::cluster;
using namespace std::chrono_literals;

TEST_CASE("probe: every other member is probed once in each turn of n - 1 rounds") {
  lone_swim s(8);
  for (int i = 0; i < 6; ++i) s.acknowledge(s.next_probe());  // rounds 1 to 6: turns begin at 0
  for (int turn = 0; turn < 3; ++turn) {
    std::map<std::uint64_t, int> probed;
    for (int i = 0; i < 7; ++i) {
      const msg::ping p = s.next_probe();
      ++probed[p.target.lo];
      s.acknowledge(p);
    }
    CHECK(probed.size() == 7);
    CHECK(probed.count(1) == 0);
  }
}

TEST_CASE("probe: nodes that agree on ring and round probe different members") {
  std::set<std::uint64_t> targets;
  for (unsigned own = 1; own <= 8; ++own) {
    lone_swim s(8, {}, own);
    targets.insert(s.next_probe().target.lo);
  }
  CHECK(targets.size() == 8);
}

TEST_CASE("probe: a ping tells the round, and who hears of a later one goes on from there") {
  lone_swim s(8);
  CHECK(s.next_probe().round == 1);
  s.receive(2, msg::ping{9, id_of(1), id_of(2), 500});
  CHECK(s.next_probe().round == 500);
  s.receive(2, msg::ping{9, id_of(1), id_of(2), ~0ULL});
  CHECK(s.next_probe().round == 501);
}

TEST_CASE("probe: a ping is answered to where it came from, with its number") {
  lone_swim s(3);
  s.receive(2, msg::ping{77, id_of(1), id_of(2), 1});
  const auto acks = s.sent<msg::ack>();
  REQUIRE(acks.size() == 1);
  CHECK(acks[0].first == address_of(2));
  CHECK(acks[0].second.seq == 77);
  CHECK(acks[0].second.from == id_of(1));
}

TEST_CASE("probe: a ping that means another node is not answered") {
  lone_swim s(3);
  s.receive(2, msg::ping{77, id_of(3), id_of(2), 1});
  CHECK(s.datagrams.empty());
}

TEST_CASE("probe: a stranger's ping gets an ack alone, no longer than what it sent") {
  lone_swim s(3);
  s.receive(2, msg::suspect{id_of(3), first_incarnation, id_of(2), {}});  // there is news
  s.clear();
  const std::string ping = encode(msg::ping{77, id_of(1), id_of(99), 1});
  s->receive(s.now(), address_of(99), ping);
  REQUIRE(s->out.datagrams.size() == 1);
  CHECK(s->out.datagrams[0].bytes.size() <= ping.size());
}

TEST_CASE("probe: an ack of another number, of another node or for no probe changes nothing") {
  lone_swim s(3);
  const msg::ping p = s.next_probe();
  const auto target = static_cast<unsigned>(p.target.lo);
  s.receive(target, msg::ack{p.seq + 1, p.target, 0});
  s.receive(5 - target, msg::ack{p.seq, id_of(5 - target), 0});
  s.advance(1100ms);
  CHECK(s->counts().probes_failed == 1);
  s.acknowledge(p);
  CHECK(s.state_of(target) == state::suspect);
}

TEST_CASE("probe: an ack lowers the score and tells the round trip and the other's health") {
  lone_swim s(2);
  const msg::ping p = s.next_probe();
  s.advance(20ms);
  s.receive(2, msg::ack{p.seq, id_of(2), 4});
  const view* v = s->table().find(id_of(2));
  CHECK(v->rtt_us >= 20'000);
  CHECK(v->rtt_us <= 21'000);
  CHECK(v->score == 4);
}

TEST_CASE(
    "probe: without an ack in time helpers are asked, a connection is tried, and it is "
    "pinged again") {
  lone_swim s(6);
  const msg::ping p = s.next_probe();
  s.clear();
  s.advance(500ms);
  const auto asked = s.sent<msg::ping_for>();
  std::set<address> helpers;
  for (const auto& [to, m] : asked) {
    helpers.insert(to);
    CHECK(m.target == p.target);
    CHECK(m.seq == p.seq);
  }
  CHECK(helpers.size() == 3);
  CHECK(helpers.count(address_of(static_cast<unsigned>(p.target.lo))) == 0);
  CHECK(helpers.count(address_of(1)) == 0);
  REQUIRE(s.exchanges.size() == 1);
  CHECK(s.exchanges[0].to == address_of(static_cast<unsigned>(p.target.lo)));
  CHECK(s.sent<msg::ping>().size() >= 1);
}

TEST_CASE("probe: known to be near, it is missed sooner") {
  lone_swim s(2);
  s.acknowledge(s.next_probe());
  (void)s.next_probe();
  s.clear();
  s.advance(110ms);
  CHECK(s.exchanges.size() == 1);
}

TEST_CASE("probe: an ack that a helper relays counts") {
  lone_swim s(6);
  const msg::ping p = s.next_probe();
  s.advance(600ms);
  s.receive(p.target == id_of(2) ? 3 : 2, msg::ack{p.seq, p.target, 0});
  s.advance(1s);
  CHECK(s->counts().probes_failed == 0);
}

TEST_CASE("probe: an answer over a connection counts where datagrams are lost") {
  lone_swim s(3);
  const msg::ping p = s.next_probe();
  s.advance(600ms);
  REQUIRE(s.exchanges.size() == 1);
  s->exchanged(s.now(), s.exchanges[0].id, swim::failure::none,
               encode(msg::ack{p.seq, p.target, 0}));
  s.advance(300ms);
  CHECK(s->counts().probes_failed == 0);
  CHECK(s.state_of(static_cast<unsigned>(p.target.lo)) == state::alive);
}

TEST_CASE("probe: over a connection only the right number of the right node counts") {
  lone_swim s(3);
  const msg::ping p = s.next_probe();
  s.advance(600ms);
  REQUIRE(s.exchanges.size() == 1);
  s->exchanged(s.now(), s.exchanges[0].id, swim::failure::none,
               encode(msg::ack{p.seq + 1, p.target, 0}));
  s->exchanged(s.now(), 4711, swim::failure::none, encode(msg::ack{p.seq, p.target, 0}));
  s.advance(600ms);
  CHECK(s->counts().probes_failed == 1);
}

TEST_CASE(
    "probe: a real death costs no healthy node anything: helpers that say no in time are "
    "evidence, and no fault of ours") {
  lone_swim s(6);
  const msg::ping p = s.next_probe();
  s.advance(500ms);
  const auto asked = s.sent<msg::ping_for>();
  REQUIRE(asked.size() == 3);
  for (const auto& [to, m] : asked) {
    // Sent off at its time, it is here before the verdict, with the constants of production.
    CHECK(500ms + std::chrono::milliseconds(m.nack_after_ms) < 950ms);
  }
  for (const auto& [to, m] : asked) {
    const unsigned helper = to.ip[15];
    s.receive(helper, msg::nack{m.seq, id_of(helper)});
  }
  CHECK(s->score() == 0);
  CHECK(s.state_of(static_cast<unsigned>(p.target.lo)) == state::suspect);
  const auto accused = s->news_waiting();
  CHECK(accused == 1);
}

TEST_CASE("probe: helpers that keep silent say that it is us who do not hear") {
  lone_swim s(6);
  (void)s.next_probe();
  s.advance(1100ms);
  CHECK(s->score() == 3);
}

TEST_CASE("probe: a nack counts once, and from those who were asked") {
  lone_swim s(8);
  (void)s.next_probe();
  s.advance(500ms);
  const auto asked = s.sent<msg::ping_for>();
  REQUIRE(asked.size() == 3);
  const unsigned helper = asked[0].first.ip[15];
  for (int i = 0; i < 5; ++i) s.receive(helper, msg::nack{asked[0].second.seq, id_of(helper)});
  for (unsigned k = 2; k <= 8; ++k) {
    const bool was_asked = std::any_of(asked.begin(), asked.end(),
                                       [k](const auto& a) { return a.first == address_of(k); });
    if (!was_asked) s.receive(k, msg::nack{asked[0].second.seq, id_of(k)});
  }
  s.advance(600ms);
  CHECK(s->score() == 2);
}

TEST_CASE("probe: a bad score stretches the period, a good answer mends it, within its bounds") {
  lone_swim s(8);
  for (int i = 0; i < 4; ++i) {
    (void)s.next_probe();
    s.advance(20ms);
  }
  CHECK(s->score() == 7);
  const boot_time before = s.now();
  (void)s.next_probe();
  CHECK(s.now() - before > 7s);
  for (unsigned k = 2; k <= 8; ++k) {
    s.receive(k, msg::alive{id_of(k), first_incarnation + 1, data_of(k)});
  }
  s.live(40s);
  CHECK(s->score() == 0);
  CHECK(s->living() == 8);
}

TEST_CASE("probe: with a single other member a refused connection is no fault of ours") {
  lone_swim s(2);
  (void)s.next_probe();
  s.advance(600ms);
  REQUIRE(s.exchanges.size() == 1);
  s->exchanged(s.now(), s.exchanges[0].id, swim::failure::refused, "");
  CHECK(s->score() == 0);
  CHECK(s.state_of(2) == state::suspect);
}

TEST_CASE("relay: asked to probe, a node pings, and relays the ack under the asker's number") {
  lone_swim s(4);
  s.receive(2, msg::ping_for{500, id_of(3), id_of(2), 400});
  const auto pings = s.sent<msg::ping>();
  REQUIRE(pings.size() == 1);
  CHECK(pings[0].first == address_of(3));
  s.clear();
  s.receive(3, msg::ack{pings[0].second.seq, id_of(3), 2});
  const auto acks = s.sent<msg::ack>();
  REQUIRE(acks.size() == 1);
  CHECK(acks[0].first == address_of(2));
  CHECK(acks[0].second.seq == 500);
  CHECK(acks[0].second.from == id_of(3));
  s.clear();
  s.advance(450ms);
  CHECK(s.sent<msg::nack>().empty());
}

TEST_CASE("relay: without an ack it says so after the time that it was given") {
  lone_swim s(4);
  s.receive(2, msg::ping_for{500, id_of(3), id_of(2), 400});
  s.clear();
  s.advance(399ms);
  CHECK(s.sent<msg::nack>().empty());
  s.advance(2ms);
  const auto nacks = s.sent<msg::nack>();
  REQUIRE(nacks.size() == 1);
  CHECK(nacks[0].first == address_of(2));
  CHECK(nacks[0].second.seq == 500);
}

TEST_CASE("relay: whom it does not know it cannot reach, and strangers it does not serve") {
  lone_swim s(4);
  s.receive(2, msg::ping_for{500, id_of(9), id_of(2), 400});
  CHECK(s.sent<msg::nack>().size() == 1);
  s.clear();
  s.receive(9, msg::ping_for{500, id_of(3), id_of(9), 400});
  CHECK(s.datagrams.empty());
}

TEST_CASE("relay: the answer goes to the address that the others know, not to the sender's") {
  lone_swim s(4);
  s.receive(9, msg::ping_for{500, id_of(9), id_of(2), 400});
  const auto nacks = s.sent<msg::nack>();
  REQUIRE(nacks.size() == 1);
  CHECK(nacks[0].first == address_of(2));
}

TEST_CASE("relay: so many at once, no more") {
  rules r;
  r.relays_max = 10;
  lone_swim s(4, r);
  for (unsigned i = 0; i < 100; ++i) s.receive(2, msg::ping_for{i, id_of(3), id_of(2), 400});
  CHECK(s.sent<msg::ping>().size() == 10);
  s.advance(500ms);
  CHECK(s.sent<msg::nack>().size() == 10);
}

TEST_CASE("buddy: a suspect hears of it in the very packet that probes it, before the ping") {
  lone_swim s(2);
  s.receive(2, msg::suspect{id_of(2), first_incarnation, id_of(1), {}});
  REQUIRE(s.state_of(2) == state::suspect);
  s.clear();
  (void)s.next_probe();
  bool accused = false;
  bool together = false;
  for (const datagram& d : s.datagrams) {
    accused = false;
    (void)for_each_message(d.bytes, [&](const message& m) {
      accused |= std::holds_alternative<msg::suspect>(m);
      together |= std::holds_alternative<msg::ping>(m) && accused;
    });
  }
  CHECK(together);
}

TEST_CASE("buddy: the accused answers with its new incarnation in the same packet as the ack") {
  lone_swim s(3);
  std::string packet = encode(msg::suspect{id_of(1), first_incarnation, id_of(2), {}});
  put(packet, msg::ping{5, id_of(1), id_of(2), 1});
  s.receive(2, packet);
  REQUIRE(s.datagrams.size() == 1);
  CHECK(s.sent<msg::alive>().at(0).second.incarnation == first_incarnation + 1);
  CHECK(s.sent<msg::ack>().size() == 1);
}

TEST_CASE("stall: a node that did not run blames itself, and nobody else") {
  lone_swim s(6);
  (void)s.next_probe();
  s.freeze(20s);
  s.advance(10ms);
  CHECK(s->counts().stalls == 1);
  CHECK(s->score() == 1);
  CHECK(s->counts().probes_failed == 0);
  for (unsigned k = 2; k <= 6; ++k) CHECK(s.state_of(k) == state::alive);
}

TEST_CASE("stall: a suspect gets back the time in which its accuser did not run") {
  lone_swim s(6);
  s.receive(2, msg::suspect{id_of(3), first_incarnation, id_of(2), {id_of(4), id_of(5)}});
  s.freeze(60s);
  s.advance(1s);
  CHECK(s.state_of(3) == state::suspect);
  s.receive(3, msg::alive{id_of(3), first_incarnation + 1, data_of(3)});
  s.advance(10ms);
  CHECK(s.state_of(3) == state::alive);
}
