// The simulated cluster of membership machines: that it is what it says, and what becomes of
// beliefs in it. Figures over many seeds: `simulate gossip-check` and scripts/bench gossip.
#include "oklog/sim/gossip_world.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace std::chrono_literals;
using sim::gossip_options;
using sim::gossip_world;

namespace {

gossip_options of(std::size_t nodes, std::uint64_t seed) {
  gossip_options o;
  o.nodes = nodes;
  o.seed = seed;
  return o;
}
bool settles(gossip_world& w, duration limit) {
  const duration end = w.now() + limit;
  while (!w.agreed() && w.now() < end) w.run_for(50ms);
  return w.agreed();
}
std::uint64_t trace_of(std::uint64_t seed) {
  gossip_options o = of(12, seed);
  o.link = {500us, 250us, 100'000, 20'000, 50'000};
  gossip_world w(o);
  w.run_for(10s);
  w.crash(3);
  w.stall(5, 4s);
  w.run_for(30s);
  return w.trace_hash();
}

}  // namespace

TEST_CASE("gossip world: the same seed gives the same trace, another seed another") {
  CHECK(trace_of(1) == trace_of(1));
  CHECK(trace_of(1) != trace_of(2));
}

TEST_CASE("gossip world: nodes that join through one seed all know each other in seconds") {
  gossip_options o = of(20, 3);
  o.acquainted = false;
  gossip_world w(o);
  CHECK(settles(w, 5s));
}

TEST_CASE("gossip world: they do so through loss, duplicates and disorder") {
  gossip_options o = of(20, 4);
  o.acquainted = false;
  o.seek_interval = 5s;
  o.link = {500us, 250us, 200'000, 50'000, 200'000};
  gossip_world w(o);
  CHECK(settles(w, 60s));
}

TEST_CASE("gossip world: a crash is seen by all, and leaves everybody's health as it was") {
  gossip_world w(of(30, 5));
  w.run_for(5s);
  w.crash(7);
  REQUIRE(w.run_until([&w] { return w.deaths()[0].all.has_value(); }, 20s));
  w.run_for(10s);
  CHECK(w.agreed());
  CHECK(w.figures().false_deaths_of_all() == 0);
  for (std::size_t i = 0; i < w.size(); ++i) {
    if (w.runs(i)) CHECK(w.machine(i).score() == 0);
  }
}

TEST_CASE("gossip world: a restart within seconds is never a death, at the old address or a new") {
  for (const bool moved : {false, true}) {
    gossip_world w(of(10, 6));
    w.run_for(5s);
    w.kill(4);
    w.run_for(2s);
    w.start(4, moved, 0);
    CHECK(settles(w, 5s));
    w.run_for(30s);
    CHECK(w.agreed());
    CHECK(w.figures().false_deaths_of_all() == 0);
  }
}

TEST_CASE("gossip world: who leaves is forgotten by all at once, and was never dead") {
  gossip_world w(of(10, 7));
  w.run_for(5s);
  w.leave(4);
  w.run_for(2s);
  w.kill(4);
  CHECK(settles(w, 1s));
  CHECK(w.figures().suspicions == 0);
}

TEST_CASE("gossip world: two halves that took each other for dead agree again after the cut") {
  gossip_world w(of(10, 8));
  for (std::size_t i = 0; i < 5; ++i) w.put_into_group(i, 1);
  w.block(0, 1);
  w.block(1, 0);
  w.run_for(2min);
  CHECK(w.machine(0).living() == 5);
  CHECK(w.machine(9).living() == 5);
  w.heal();
  CHECK(settles(w, 2min));
}

TEST_CASE("gossip world: a way that is blocked in one direction heals as well") {
  gossip_world w(of(10, 9));
  w.put_into_group(3, 1);
  w.block(1, 0);
  w.run_for(1min);
  w.heal();
  CHECK(settles(w, 2min));
}

TEST_CASE("gossip world: one way blocked between two nodes makes neither dead to anybody") {
  gossip_world w(of(10, 10));
  w.put_into_group(3, 1);
  w.put_into_group(6, 2);
  w.block(1, 2);
  w.run_for(3min);
  CHECK(w.figures().false_deaths_of_all() == 0);
}

TEST_CASE("gossip world: a process that is stopped for long makes no third one suspected") {
  gossip_world w(of(9, 11));
  w.run_for(5s);
  w.stall(4, 60s);
  w.run_for(61s);
  CHECK(settles(w, 60s));
  w.run_for(30s);
  CHECK(w.agreed());
  CHECK(w.figures().suspicions <= 8 * 2);  // of the stopped one alone
}

TEST_CASE("gossip world: a machine that slept declares nobody dead when it wakes") {
  gossip_world w(of(9, 12));
  w.run_for(5s);
  w.suspend(4, 10min);
  w.run_for(10min);
  const std::uint64_t before = w.figures().false_deaths_of_all();
  CHECK(before == 8);  // eight take the sleeper for dead
  w.run_for(60s);
  CHECK(w.agreed());
  CHECK(w.figures().false_deaths_of_all() == before);
}

TEST_CASE("gossip world: a starved node is no danger to the healthy ones") {
  gossip_world w(of(16, 13));
  w.run_for(5s);
  w.starve(2, 16s, 250ms);
  w.starve(3, 16s, 250ms);
  w.run_for(2min);
  CHECK(w.figures().false_deaths[0][0] == 0);
  w.feed(2);
  w.feed(3);
  w.run_for(20s);
  CHECK(settles(w, 2min));
}

TEST_CASE("gossip world: at 5 percent loss nobody is ever taken for dead") {
  gossip_options o = of(20, 14);
  o.link.loss = 50'000;
  gossip_world w(o);
  w.run_for(10min);
  CHECK(w.figures().false_deaths_of_all() == 0);
}

TEST_CASE("gossip world: idle costs two messages and less than a hundred bytes a second") {
  gossip_world w(of(30, 15));
  w.run_for(40s);
  w.clear_figures();
  w.run_for(60s);
  const double seconds = w.figures().node_seconds;
  CHECK(double(w.figures().datagrams) / seconds < 2.3);
  CHECK(double(w.figures().bytes) / seconds < 100);
}

TEST_CASE("gossip world: memberlist's rules detect a crash in it too") {
  gossip_options o = of(30, 16);
  o.which = sim::gossip_rules::memberlist;
  gossip_world w(o);
  w.run_for(5s);
  w.crash(7);
  CHECK(w.run_until([&w] { return w.deaths()[0].all.has_value(); }, 30s));
  CHECK(w.figures().false_deaths_of_all() == 0);
}
