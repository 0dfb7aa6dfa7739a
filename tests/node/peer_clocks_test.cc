#include "node/peer_clocks.h"

#include <catch2/catch.hpp>

#include "node/whole_nodes.h"

using namespace oklog;
using namespace oklog::node;
using namespace std::chrono_literals;

TEST_CASE("peer clocks: the median of all clocks, ours among them") {
  peer_clocks c;
  CHECK(c.median() == 0s);
  c.note({1, 1}, 10s);
  CHECK(c.median() == 0s);  // one against one: nobody knows
  c.note({1, 2}, 12s);
  CHECK(c.median() == 10s);
  c.note({1, 3}, -400s);
  CHECK(c.median() == 0s);
  c.note({1, 4}, 11s);
  CHECK(c.median() == 10s);
  c.forget({1, 3});
  c.forget({1, 1});
  CHECK(c.median() == 11s);
}

TEST_CASE("clocks: a node whose clock is a minute from the others' says that it is not well") {
  node_test::whole_nodes c(3);
  c.start_all();
  REQUIRE(c.all_see(3));
  c.world.run_for(20s);
  CHECK(c.get(2, "/-/ready") == "OK\n");
  c.host(2).step_wall_clock(-2h);
  c.world.run_for(30s);
  CHECK(c.logged(2, "the clock is far from the other stores'"));
  CHECK(c.get(2, "/-/ready").find("its clock is 2h0m0s from the others'") != std::string::npos);
  CHECK(c.get(0, "/-/ready") == "OK\n");
  const double offset = std::stod(c.metric(2, "oklog_store_clock_offset_seconds"));
  CHECK(offset > 7199);
  CHECK(offset < 7201);
  c.host(2).step_wall_clock(2h);
  c.world.run_for(30s);
  CHECK(c.get(2, "/-/ready") == "OK\n");
}
