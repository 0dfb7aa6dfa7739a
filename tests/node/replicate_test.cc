// Consuming with more than one copy.
#include <map>
#include <set>

#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// How many stores hold each record, by how many records.
std::map<int, int> copies(some_nodes& c) {
  std::map<ulid, int> held;
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (!c[i].storer) continue;
    std::set<ulid> here;  // once, however many segments of it wait to be merged
    const auto snapshot = c[i].storer->log().snapshot(ulid_min, ulid_max);
    for (const block_ref& ref : snapshot.blocks(ulid_min, ulid_max)) {
      const auto block = load_block(ref);
      REQUIRE(block);
      block->for_each([&](const record_view& r) { here.insert(r.id); });
    }
    for (const ulid& id : here) ++held[id];
  }
  std::map<int, int> by_count;
  for (const auto& [id, n] : held) ++by_count[n];
  return by_count;
}

}  // namespace

TEST_CASE("K8: with factor 2 every record lies on two stores before its ingester lets it go",
          "[node]") {
  some_nodes c(3);
  want_copies(c, 2);
  c.consume();
  for (std::size_t i = 0; i < 3; ++i)
    c.send(i, numbered(100 * static_cast<int>(i), 100 * static_cast<int>(i) + 100));
  REQUIRE(c.consume_everything());
  c.world.run_for(seconds(10));
  CHECK(copies(c) == std::map<int, int>{{2, 300}});
  CHECK(c.same("count") == "300\n");
  double sent = 0;
  double taken = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    sent += c.number(i, "oklog_store_replicated_segments_total{direction=\"egress\"}");
    taken += c.number(i, "oklog_store_replicated_segments_total{direction=\"ingress\"}");
    CHECK(c.number(i, "oklog_store_short_of_stores") == 0);
  }
  CHECK(sent >= 3);
  CHECK(sent == taken);
  // Nothing that was staged is left behind.
  for (std::size_t i = 0; i < 3; ++i) {
    for (const std::string& f : c.host(i).disk().files()) {
      const bool store_file = f.find("-s0") != f.npos;
      CHECK_FALSE((store_file && f.ends_with(".active")));
    }
  }
}

TEST_CASE("replicate: what one store held is found after it has gone, in an answer that names it",
          "[node]") {
  some_nodes c(3);
  want_copies(c, 2);
  c.consume();
  c.send(0, numbered(0, 200));
  REQUIRE(c.consume_everything());
  c.kill(2);
  c[2].member.state = cluster::state::dead;
  c.tell();
  for (std::size_t i = 0; i < 2; ++i) {
    const answer a = c.query(i, "count");
    CHECK(a.body == "200\n");
    CHECK(a.trailer("X-Oklog-Coverage") == "partial");
  }
}

TEST_CASE("K8: with fewer stores than copies nothing is consumed, which is said; then it is",
          "[node]") {
  some_nodes c(3);
  want_copies(c, 3);
  c.consume();
  c.send(0, numbered(0, 50));
  REQUIRE(c.consume_everything());
  c[2].member.state = cluster::state::dead;
  c.tell();
  c.send(0, numbered(50, 100));
  c.world.run_for(minutes(1));
  CHECK(c[0].ingester->log().queue().segments > 0);
  CHECK(c.logged(0, "too few stores are alive: nothing is consumed"));
  CHECK(c.number(0, "oklog_store_short_of_stores") == 1);
  CHECK(c.query(1, "count").body == "100\n");
  c[2].member.state = cluster::state::alive;
  c.tell();
  REQUIRE(c.consume_everything());
  CHECK(copies(c) == std::map<int, int>{{3, 100}});
  CHECK(c.logged(0, "enough stores are alive again"));
}

TEST_CASE("K8: a store that never knew another consumes with one copy; one that did does not",
          "[node]") {
  some_nodes c(1);
  c.join();
  c[0].member.data.replication_factor = c[1].member.data.replication_factor = 2;
  std::vector<cluster::member> alone(1, c[0].member);
  c[0].members.set(alone);
  c[1].members.set(std::vector<cluster::member>(1, c[1].member));
  c[0].storer->start(c[0].tasks, c.host(0).ip() + ":7650");
  c.send(0, numbered(0, 10));
  CHECK(c.world.run_until([&] { return c[0].storer->log().segments() > 0; }, minutes(1)));
  c.tell();
  c.world.run_for(seconds(5));
  c[0].members.set(alone);
  const std::size_t before = c[0].storer->log().segments();
  c.send(0, numbered(10, 20));
  c.world.run_for(minutes(1));
  CHECK(c[0].storer->log().segments() <= before);
  CHECK(c[0].ingester->log().queue().segments > 0);
  const auto kept = c.host(0).disk().contents("data/store/roster.json");
  REQUIRE(kept);
  CHECK(kept->find(format(c[1].member.id)) != std::string::npos);
}

TEST_CASE("K8: a store that calls its disk nearly full still holds what it consumes", "[node]") {
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}}) {
    some_nodes c(count);
    for (std::size_t i = 0; i < count; ++i) c[i].member.data.free_sixteenths = 0;
    want_copies(c, static_cast<std::uint8_t>(count));
    c.consume();
    c.send(0, numbered(0, 50));
    REQUIRE(c.consume_everything());
    CHECK(copies(c) == std::map<int, int>{{static_cast<int>(count), 50}});
    CHECK(c.query(0, "count").body == "50\n");
  }
}

}  // namespace oklog::node_test
