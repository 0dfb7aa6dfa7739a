// /store/stream over a cluster: what any ingester takes in, each line once.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/some_nodes.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;
using cluster::role;

namespace {

using seen = std::shared_ptr<std::vector<seen_line>>;

// How often a line has come that ends so.
std::size_t times(const seen& s, const std::string& end) {
  return static_cast<std::size_t>(std::count_if(
      s->begin(), s->end(), [&](const seen_line& l) { return l.line.ends_with(end); }));
}

std::size_t count(const seen& s) {
  return s->size() - 1;
}

}  // namespace

TEST_CASE("cluster stream: it shows what every ingester takes in, within 100 ms, from every node",
          "[node][cluster]") {
  some_nodes c({role::ingest, role::ingeststore, role::store});
  const seen a = c.watch(1, "q=");
  const seen b = c.watch(2, "q=");
  c.world.run_for(1s);
  for (int i = 0; i < 20; ++i) {
    const duration sent = c.world.elapsed();
    c.send(static_cast<std::size_t>(i % 2), "line " + std::to_string(i) + "\n");
    const auto both = [&] { return count(a) == std::size_t(i) + 1 && count(b) == count(a); };
    REQUIRE(c.world.run_until(both, 1s));
    CHECK(a->back().at - sent < 100ms);
    CHECK(b->back().at - sent < 100ms);
  }
  c.consume();
  REQUIRE(c.consume_everything());
  CHECK(count(a) == 20);
}

TEST_CASE("cluster stream: only matches cross the network", "[node][cluster]") {
  some_nodes c({role::ingest, role::store});
  const seen s = c.watch(1, "q=this&q=that&invert");
  const seen t = c.watch(1, "q=this");
  c.world.run_for(1s);
  c.send(0, "this\nthat\nother\nthis too\n");
  c.world.run_for(1s);
  CHECK(count(s) == 1);
  CHECK(times(s, " other") == 1);
  CHECK(count(t) == 2);
}

TEST_CASE("cluster stream: with from it begins with the history of all, nothing twice",
          "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    some_nodes c(3, seed);
    c.consume();
    int sent = 0;
    const auto more = [&] {
      c.send(c.world.random().below(3), "line " + std::to_string(sent++) + "\n");
      c.world.run_for(std::chrono::milliseconds(c.world.random().below(500)));
    };
    for (int i = 0; i < 20; ++i) more();
    const seen s = c.watch(seed % 3, "q=&from=1h");
    for (int i = 0; i < 20; ++i) more();
    c.world.run_for(1s);
    CHECK(count(s) == 40);
    for (int i = 0; i < sent; ++i) CHECK(times(s, " line " + std::to_string(i)) == 1);
  }
}

TEST_CASE("cluster stream: an ingester that joins is followed, with what it took in before",
          "[node][cluster]") {
  some_nodes c({role::store, role::ingest});
  c[1].member.state = cluster::state::left;
  c.tell();
  const seen s = c.watch(0, "q=");
  c.send(1, "before it was known\n");
  c.world.run_for(1s);
  CHECK(count(s) == 0);
  c[1].member.state = cluster::state::alive;
  c.tell();
  c.world.run_for(1s);
  c.send(1, "after\n");
  c.world.run_for(1s);
  CHECK(count(s) == 2);
  CHECK(times(s, "before it was known") == 1);
  CHECK(times(s, "after") == 1);
}

TEST_CASE("cluster stream: one that dies or leaves is dropped, and the log says so",
          "[node][cluster]") {
  some_nodes c({role::store, role::ingest, role::ingest});
  const seen s = c.watch(0, "q=");
  c.world.run_for(1s);
  c[1].member.state = cluster::state::left;
  c.tell();
  c.world.run_for(1s);
  CHECK(c.logged(0, "a stream goes on without an ingester"));
  c.send(1, "not followed\n");
  c.send(2, "followed\n");
  c.world.run_for(1s);
  CHECK(count(s) == 1);
  c.kill(2);
  c.world.run_for(10s);
  CHECK(c.logged(0, "a stream has lost an ingester"));
  CHECK(s->back().line.ends_with("followed"));
}

TEST_CASE(
    "cluster stream: a connection that breaks loses nothing that is not consumed, and doubles "
    "nothing",
    "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    some_nodes c({role::store, role::ingest}, seed);
    const seen s = c.watch(0, "q=");
    c.world.run_for(1s);
    for (int i = 0; i < 60; ++i) {
      if (i % 20 == 10) c.world.net().reset("node0", "node1");
      c.send(1, "line " + std::to_string(i) + "\n");
      c.world.run_for(std::chrono::milliseconds(c.world.random().below(60)));
    }
    c.world.run_for(10s);
    CHECK(count(s) == 60);
    for (int i = 0; i < 60; ++i) CHECK(times(s, " line " + std::to_string(i)) == 1);
  }
}

TEST_CASE("cluster stream: one that was taken for dead and comes back shows nothing twice",
          "[node][cluster]") {
  some_nodes c({role::store, role::ingest});
  const seen s = c.watch(0, "q=");
  c.world.run_for(1s);
  c.send(1, numbered(0, 5));
  c.world.run_for(10s);  // longer than the stream looks for doubles
  REQUIRE(count(s) == 5);
  c[1].member.state = cluster::state::dead;
  c.tell();
  c.world.run_for(1s);
  c.send(1, numbered(5, 8));
  c.world.run_for(5s);
  REQUIRE(count(s) == 5);
  c[1].member.state = cluster::state::alive;
  c.tell();
  c.world.run_for(5s);
  CHECK(count(s) == 8);
  for (int i = 0; i < 8; ++i) CHECK(times(s, " line " + std::to_string(i)) == 1);
}

TEST_CASE("cluster stream: one that is idle is not given up, nor does a client that leaves stay",
          "[node][cluster]") {
  some_nodes c({role::store, role::ingest});
  {
    env::task_group group(c.world.loop());
    std::optional<answer> got;
    c.ask_later(0, "/store/stream?q=", got, &group);
    c.world.run_for(3min);
    CHECK(c.world.net().connections("node1") == 1);
    CHECK(!c.logged(0, "lost an ingester"));
    group.stop();
    REQUIRE(c.world.run_until([&] { return group.size() == 0; }, 1s));
  }
  c.world.run_for(1s);
  CHECK(c.world.net().connections("node1") == 0);
  CHECK(c.number(0, "oklog_store_streams") == 0);
}

TEST_CASE(
    "cluster stream: while nodes join and leave and all is consumed, each record comes once, in "
    "every stream",
    "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    some_nodes c({role::ingeststore, role::store, role::ingest}, seed);
    want_copies(c, 2);
    c.world.run_for(1min);
    c.consume();
    std::vector<seen> streams = {c.watch(0, "q="), c.watch(1, "q=")};
    c.world.run_for(1s);
    int sent = 0;
    const auto send = [&](std::size_t to, int count) {
      for (int i = 0; i < count; ++i) {
        c.send(to, "line " + std::to_string(sent++) + "\n");
        c.world.run_for(std::chrono::milliseconds(c.world.random().below(400)));
      }
    };
    send(0, 10);
    send(2, 10);
    const std::size_t late = c.join(role::ingest);
    c.send(late, "line " + std::to_string(sent++) + "\n");  // before anybody knows it
    want_copies(c, 2);
    streams.push_back(c.watch(1, "q=&from=1h"));
    send(late, 10);
    // Away and back, as far as the others know, and it takes lines in all the while.
    c[2].member.state = cluster::state::dead;
    c.tell();
    send(2, 5);
    send(0, 5);
    c[2].member.state = cluster::state::alive;
    c.tell();
    send(2, 10);
    // It hands over all that it has, and leaves.
    REQUIRE(c.consume_everything());
    c.world.run_for(1s);
    c[late].member.state = cluster::state::left;
    c.tell();
    send(0, 10);
    c.world.run_for(10s);
    for (const seen& s : streams) {
      INFO("seed " << seed);
      CHECK(count(s) == static_cast<std::size_t>(sent));
      for (int i = 0; i < sent; ++i) {
        INFO("line " << i);
        CHECK(times(s, " line " + std::to_string(i)) == 1);
      }
    }
  }
}
