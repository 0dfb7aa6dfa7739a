// Every store consumes from every ingester that is in service.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/some_nodes.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;
using cluster::role;

TEST_CASE("cluster consume: a store alone takes what two ingesters hold", "[node][cluster]") {
  some_nodes c({role::ingest, role::ingest, role::store});
  c.consume();
  c.send(0, numbered(0, 100, "first"));
  c.send(1, numbered(0, 100, "second"));
  REQUIRE(c.consume_everything());
  CHECK(c[2].storer->log().segments() > 0);
  CHECK(lines_in(c.same("")) == 200);
  CHECK(lines_in(c.same("q=second")) == 100);
}

TEST_CASE("cluster consume: a flushed segment is noticed within 100 ms, whoever holds it",
          "[node][cluster]") {
  for (std::size_t at = 0; at < 2; ++at) {
    some_nodes c({role::ingest, role::ingest, role::store});
    c.consume();
    c.world.run_for(10s);
    c.send(at, "a line\n");
    auto& log = c[at].ingester->log();
    REQUIRE(c.world.run_until([&] { return log.queue().segments > 0; }, 10s));
    REQUIRE(c.world.run_until([&] { return log.queue().pending > 0; }, 100ms));
  }
}

TEST_CASE("cluster consume: idle, a store asks an ingester some six times a minute",
          "[node][cluster]") {
  some_nodes c({role::ingest, role::ingest, role::store});
  c.consume();
  c.world.run_for(1min);
  const std::string asked = c[0].registry.text();
  const std::size_t at = asked.find("path=\"/ingest/waiting\"");
  REQUIRE(at != std::string::npos);
  CHECK(asked.find("path=\"/ingest/next\"") == std::string::npos);
}

TEST_CASE("cluster consume: of five stores that wait only one asks for a segment that is there",
          "[node][cluster]") {
  some_nodes c({role::ingest, role::store, role::store, role::store, role::store, role::store});
  c.consume();
  c.world.run_for(10s);
  for (int i = 0; i < 10; ++i) {
    c.send(0, "line " + std::to_string(i) + "\n");
    REQUIRE(c.consume_everything());
  }
  const std::string said = c[0].registry.text();
  const auto answered = [&](const std::string& status) {
    const std::string series =
        "duration_seconds_count{method=\"GET\",path=\"/ingest/next\",status_code=\"" + status +
        "\"} ";
    const std::size_t at = said.find(series);
    return at == std::string::npos ? 0 : std::stoi(said.substr(at + series.size()));
  };
  CHECK(answered("200") >= 10);
  CHECK(answered("404") <= 2 * answered("200"));  // five times as many ask in vain otherwise
}

TEST_CASE("cluster consume: a dead ingester delays nobody else", "[node][cluster]") {
  some_nodes c({role::ingest, role::ingest, role::store});
  c.send(0, "lost with its node\n");
  c.kill(0);
  c.consume();
  c.world.run_for(5s);
  for (int i = 0; i < 5; ++i) {
    c.send(1, "line " + std::to_string(i) + "\n");
    const duration begun = c.world.elapsed();
    REQUIRE(c.consume_everything());
    CHECK(c.world.elapsed() - begun < 8s);  // flush age and target age are 3 s each
  }
  CHECK(c.logged(2, "asking an ingester failed"));
}

TEST_CASE(
    "cluster consume: an ingester that hangs with a claim in hand delays others by 30 s at "
    "most",
    "[node][cluster]") {
  some_nodes c({role::ingest, role::ingest, role::store});
  c.send(0, "line\n");
  c.world.run_for(4s);  // flushed
  c.consume();
  REQUIRE(c.world.run_until([&] { return c[0].ingester->log().queue().pending > 0; }, 10s));
  c.world.net().block("node0", "node2");
  c.world.net().block("node2", "node0");
  const duration begun = c.world.elapsed();
  c.send(1, "another\n");
  const auto taken = [&] {
    auto& log = c[1].ingester->log();
    return log.drained() && log.queue().segments == 0;
  };
  REQUIRE(c.world.run_until(taken, 2min));
  CHECK(c.world.elapsed() - begun < 45s);
  c.world.net().heal();
  REQUIRE(c.consume_everything());
  CHECK(lines_in(c.same("")) == 2);
}

TEST_CASE("cluster consume: members that join are consumed from, those that leave are not",
          "[node][cluster]") {
  some_nodes c({role::ingest, role::ingest, role::store});
  c[1].member.state = cluster::state::left;
  c.tell();
  c.consume();
  c.send(0, "a\n");
  c.send(1, "b\n");
  c.world.run_for(20s);
  CHECK(c[0].ingester->log().queue().segments == 0);
  CHECK(c[1].ingester->log().queue().segments == 1);
  c[1].member.state = cluster::state::alive;
  c.tell();
  REQUIRE(c.consume_everything());
  CHECK(lines_in(c.same("")) == 2);
  c[0].member.state = cluster::state::dead;
  c.tell();
  c.send(0, "c\n");
  c.world.run_for(20s);
  CHECK(c[0].ingester->log().queue().segments == 1);
}

TEST_CASE("K7: three stores consume from three ingesters, one holds the partition, each line once",
          "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    some_nodes c(3, seed);
    c.consume();
    for (int round = 0; round < 10; ++round) {
      for (std::size_t i = 0; i < 3; ++i) {
        const std::string what = "node" + std::to_string(i);
        c.send(i, numbered(round * 100, round * 100 + 100, what));
      }
      c.world.run_for(std::chrono::milliseconds(c.world.random().below(4000)));
    }
    REQUIRE(c.consume_everything());
    std::size_t holding = 0;
    for (std::size_t i = 0; i < 3; ++i) holding += c[i].storer->log().segments() > 0 ? 1 : 0;
    CHECK(holding == 1);
    CHECK(lines_in(c.same("")) == 3000);
  }
}
