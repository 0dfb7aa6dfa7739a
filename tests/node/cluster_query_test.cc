// A query of the cluster: the same answer from every node, and an honest one where somebody is
// missing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "node/some_nodes.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;
using cluster::role;

namespace {

// Of each kind of question one.
const std::vector<std::string> questions = {"",
                                            "order=desc",
                                            "q=7",
                                            "q=7&order=desc&limit=10",
                                            "limit=5",
                                            "count",
                                            "q=1&count",
                                            "count&limit=3",
                                            "q=%5E.*9%24&regex",
                                            "invert&q=1&limit=50",
                                            "format=raw",
                                            "format=json&q=3",
                                            "q=nothing"};

test::plain_records random_records(prng& random, std::size_t count) {
  test::plain_records all;
  const std::uint64_t base = test::first_ms;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t ms = base + random.below(5000);
    const std::string topic(1, static_cast<char>('a' + random.below(3)));
    const ulid id = ulid::make(ms, 1 + random.below(5), 1 + random.below(50));
    all.push_back({id, topic, "text " + std::to_string(random.below(30))});
  }
  return all;
}

}  // namespace

TEST_CASE("cluster query: three nodes give the same answer, whether lines are consumed or not",
          "[node][cluster]") {
  some_nodes c(3);
  for (std::size_t i = 0; i < 3; ++i) {
    c.send(i, numbered(0, 200, "from " + std::to_string(i)));
  }
  const auto check = [&] {
    for (const std::string& question : questions) {
      INFO(question);
      const std::string body = c.same(question);
      if (question.empty()) CHECK(lines_in(body) == 600);
      if (question == "count") CHECK(body == "600\n");
    }
    const std::string counts = counts_of(c.get(0, "/store/histogram" + always + "&buckets=7&q=1"));
    for (std::size_t i = 1; i < 3; ++i) {
      CHECK(counts_of(c.get(i, "/store/histogram" + always + "&buckets=7&q=1")) == counts);
    }
  };
  check();
  c.world.run_for(4s);  // flushed
  check();
  c.consume();
  c.world.run_for(5s);  // some of it on its way
  check();
  REQUIRE(c.consume_everything());
  check();
}

TEST_CASE("cluster query: it says which nodes answered and sums up what they did",
          "[node][cluster]") {
  some_nodes c({role::ingest, role::store, role::ingeststore});
  c.send(0, numbered(0, 10, "a"));
  c.send(2, numbered(0, 10, "b"));
  const answer a = c.query(1, "");
  CHECK(a.header("X-Oklog-Nodes-Queried") == "3");
  CHECK(a.header("X-Oklog-Coverage") == "full");
  CHECK(a.trailer("X-Oklog-Coverage") == "full");
  CHECK(has(a.trailer("X-Oklog-Summary"), "\"records\":20"));
  CHECK(has(a.trailer("X-Oklog-Summary"), "\"nodes\":3"));
  CHECK(lines_in(a.body) == 20);
}

TEST_CASE("cluster query: while lines are consumed none is missing and none comes twice",
          "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    some_nodes c(3, seed);
    c.consume();
    std::size_t sent = 0;
    for (int round = 0; round < 30; ++round) {
      c.send(c.world.random().below(3), numbered(round * 10, round * 10 + 10, "line"));
      sent += 10;
      c.world.run_for(std::chrono::milliseconds(c.world.random().below(700)));
      const answer a = c.query(c.world.random().below(3), "");
      CHECK(lines_in(a.body) == sent);
      CHECK(a.trailer("X-Oklog-Coverage") == "full");
    }
  }
}

TEST_CASE("K17: a record that is committed between the questions is in the answer",
          "[node][cluster]") {
  // node0 holds the record; node1's store consumes it while node2 asks. The answer of the second
  // ingester, node3, is held back, so that there is all the time for it between the rounds.
  some_nodes c({role::ingest, role::store, role::store, role::ingest});
  c.send(0, "r\n");
  c.world.run_for(4s);
  c.world.net().set_latency("node3", "node2", 1500ms, 1500ms);
  std::optional<answer> got;
  c.ask_later(2, query_target(""), got);
  c.world.run_for(1s);
  c.consume_at(1);
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 1min));
  CHECK(c[0].ingester->log().queue().segments == 0);
  CHECK(lines_in(got->body) == 1);
  CHECK(got->trailer("X-Oklog-Coverage") == "full");
}

TEST_CASE("K17: a record that is committed after its ingester was pinned is given once",
          "[node][cluster]") {
  some_nodes c({role::ingest, role::store, role::store, role::ingest});
  c.send(0, "r\n");
  c.world.run_for(4s);
  c.consume();
  c.world.net().set_latency("node3", "node2", 1500ms, 1500ms);
  std::optional<answer> got;
  c.ask_later(2, query_target(""), got);
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 1min));
  CHECK(lines_in(got->body) == 1);
  CHECK(got->trailer("X-Oklog-Coverage") == "full");
  CHECK(c[0].ingester->log().queue().segments == 0);
}

TEST_CASE("K1: a record that two stores hold is given and counted once", "[node][cluster]") {
  some_nodes c({role::store, role::store, role::store});
  const auto records = test::lines(test::first_ms, 1, 300);
  c.put_into_store(0, records);
  c.put_into_store(1, records);
  c.put_into_store(2, test::lines(test::first_ms + 100, 101, 300));
  CHECK(lines_in(c.same("")) == 400);
  CHECK(lines_in(c.same("order=desc&limit=350")) == 350);
  CHECK(c.same("count") == "400\n");
  const answer h = c.get(1, "/store/histogram" + always + "&buckets=10");
  CHECK(has(h.body, "\"total\":400"));
}

TEST_CASE("K1: of one id, records with other text or topic are all given", "[node][cluster]") {
  some_nodes c({role::store, role::store});
  const ulid id = ulid::make(test::first_ms, 5, 1);
  c.put_into_store(0, {{id, "a", "x"}, {id, "a", "y"}});
  c.put_into_store(1, {{id, "a", "y"}, {id, "b", "y"}, {id, "a", "z"}});
  CHECK(c.same("format=raw") == "x\ny\ny\nz\n");
  CHECK(c.same("count") == "4\n");
}

TEST_CASE(
    "cluster query: a member that is refused, breaks off or is silent makes it partial, and "
    "is named",
    "[node][cluster]") {
  some_nodes c({role::store, role::store, role::store});
  for (std::size_t i = 0; i < 3; ++i) {
    c.put_into_store(i, test::lines(test::first_ms + i * 1000, 1, 20'000, "default", 7 + i));
  }
  const std::string who = "store " + format(c[1].member.id) + " at " + c.host(1).ip() + ":7650: ";
  const auto check = [&](const char* what) {
    const duration begun = c.world.elapsed();
    const answer a = c.query(0, "");
    CHECK(a.trailer("X-Oklog-Coverage") == "partial");
    INFO(a.trailer("X-Oklog-Summary"));
    CHECK(has(a.trailer("X-Oklog-Summary"), who));
    CHECK(has(a.trailer("X-Oklog-Summary"), what));
    CHECK(lines_in(a.body) >= 40'000);
    CHECK(lines_in(a.body) < 60'000);
    return c.world.elapsed() - begun;
  };
  SECTION("refused") {
    c.world.net().refuse("node1");
    CHECK(check("") < 1s);
    CHECK(c.query(0, "").header("X-Oklog-Coverage") == "partial");
  }
  SECTION("does not accept") {
    c.world.net().block("node0", "node1");
    CHECK(check("") < 3s);
  }
  SECTION("breaks off") {
    c.world.net().cut_after("node1", "node0", 3000);
    check("");
  }
  SECTION("ends cleanly, too early") {
    c.world.net().cut_after("node1", "node0", 3000, true);
    check("");
  }
}

TEST_CASE("cluster query: a member that falls silent in the middle is given up after 30 s",
          "[node][cluster]") {
  some_nodes c({role::store, role::store});
  c.world.net().set_window(2 * 1024);
  c.world.net().set_latency(20ms, 20ms);
  for (std::size_t i = 0; i < 2; ++i) {
    c.put_into_store(i, test::lines(test::first_ms + i, 1, 50'000, "default", 7 + i));
  }
  std::optional<answer> got;
  const duration begun = c.world.elapsed();
  c.ask_later(0, query_target(""), got);
  c.world.run_for(500ms);
  REQUIRE(!got);
  c.world.net().block("node1", "node0");
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 5min));
  CHECK(c.world.elapsed() - begun < 60s);
  CHECK(got->complete);
  CHECK(got->trailer("X-Oklog-Coverage") == "partial");
  CHECK(has(got->trailer("X-Oklog-Summary"), format(c[1].member.id)));
}

TEST_CASE(
    "K19: a member known to be dead makes it partial, one that left only where it kept records",
    "[node][cluster]") {
  some_nodes c({role::store, role::ingest, role::ingest});
  c.kill(1);
  c[1].member.state = cluster::state::dead;
  c[1].member.since = c[0].env.clock.boot();
  c[2].member.state = cluster::state::left;
  c.tell();
  const answer a = c.query(0, "");
  CHECK(a.header("X-Oklog-Coverage") == "partial");
  CHECK(has(a.trailer("X-Oklog-Summary"), "ingester " + format(c[1].member.id)));
  CHECK(has(a.trailer("X-Oklog-Summary"), "dead since 20"));
  CHECK(!has(a.trailer("X-Oklog-Summary"), format(c[2].member.id)));
  c[1].member.state = cluster::state::left;
  c.tell();
  CHECK(c.query(0, "").trailer("X-Oklog-Coverage") == "full");
  c[1].member.data.kept_records = true;
  ++c[1].member.data.starts;  // it was there again in between
  c.tell();
  c.world.run_for(1s);
  const answer kept = c.query(0, "");
  CHECK(kept.header("X-Oklog-Coverage") == "partial");
  CHECK(has(kept.trailer("X-Oklog-Summary"), ": left 20"));
}

TEST_CASE("K19: an ingester at the address of one that is no more does not answer in its place",
          "[node][cluster]") {
  some_nodes c({role::store, role::ingest, role::ingest});
  c.kill(1);
  c[1].member.data.gossip = c[2].member.data.gossip;  // where the other one has come up
  c.tell();
  for (const char* parameters : {"", "before=1"}) {
    const answer a = c.query(0, parameters);
    CHECK(a.trailer("X-Oklog-Coverage") == "partial");
    CHECK(has(a.trailer("X-Oklog-Summary"), "ingester " + format(c[1].member.id)));
    CHECK(has(a.trailer("X-Oklog-Summary"), "another node answers there"));
  }
}

TEST_CASE("cluster query: a damaged file on another store makes it partial and names the store",
          "[node][cluster]") {
  some_nodes c({role::store, role::store});
  c.put_into_store(1, test::lines(test::first_ms, 1, 100));
  const auto live = c[1].storer->log().live();
  REQUIRE(live.size() == 1);
  const block_ref block = live.front()->block(0);
  c.host(1).disk().bit_flip("/data/store/" + live.front()->name,
                            block.offset + block.header_frame_bytes + 20);
  const answer a = c.query(0, "");
  CHECK(a.trailer("X-Oklog-Coverage") == "partial");
  CHECK(has(a.trailer("X-Oklog-Summary"), "store " + format(c[1].member.id)));
}

TEST_CASE("cluster query: a limit ends the work of every node", "[node][cluster]") {
  some_nodes c({role::store, role::store});
  c.stop_rosters();
  c.world.run_for(1s);
  const std::size_t idle = c.world.net().connections("node1");
  for (std::size_t i = 0; i < 2; ++i) {
    c.put_into_store(i, test::lines(test::first_ms + i, 1, 100'000, "default", 7 + i));
  }
  CHECK(lines_in(c.query(0, "limit=3").body) == 3);
  c.world.run_for(1s);
  CHECK(c.world.net().connections("node1") == idle);
}

TEST_CASE("cluster query: a client that leaves ends the work of every node", "[node][cluster]") {
  some_nodes c({role::store, role::store});
  c.stop_rosters();
  c.world.run_for(1s);
  const std::size_t idle = c.world.net().connections("node1");
  c.world.net().set_window(8 * 1024);
  c.world.net().set_latency(5ms, 5ms);
  for (std::size_t i = 0; i < 2; ++i) {
    c.put_into_store(i, test::lines(test::first_ms + i, 1, 100'000, "default", 7 + i));
  }
  std::optional<answer> got;
  env::task_group asking(c.world.loop());
  c.ask_later(0, query_target(""), got, &asking);
  c.world.run_for(50ms);
  CHECK(c.world.net().connections("node1") == idle + 2);  // its pin, and what it is to read
  CHECK(!got);
  asking.stop();
  REQUIRE(c.world.run_until([&] { return asking.size() == 0; }, 1s));
  c.world.run_for(200ms);
  CHECK(c.world.net().connections("node1") == idle);
}

TEST_CASE(
    "cluster query: random records spread over three stores, some twice, are found as if one "
    "had them all",
    "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    some_nodes c({role::store, role::store, role::store}, seed);
    some_nodes one({role::store}, seed);
    prng& random = c.world.random();
    std::vector<test::plain_records> parts(3);
    const auto records = random_records(random, 800);
    for (const auto& r : records) {
      parts[random.below(3)].push_back(r);
      if (random.chance(1, 4)) parts[random.below(3)].push_back(r);
    }
    for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, test::unique(parts[i]));
    one.put_into_store(0, test::unique(records));
    for (int i = 0; i < 25; ++i) {
      std::string q = "q=" + std::to_string(random.below(30));
      if (random.chance(1, 4)) q = "q=";
      if (random.chance(1, 3)) q += "&order=desc";
      if (random.chance(1, 3)) q += "&limit=" + std::to_string(1 + random.below(100));
      if (random.chance(1, 4)) q += "&topic=a&topic=c";
      if (random.chance(1, 5)) q += "&invert";
      if (random.chance(1, 4)) q += "&count";
      if (random.chance(1, 3)) q += "&format=json";
      INFO("seed " << seed << " " << q);
      CHECK(c.query(random.below(3), q).body == one.query(0, q).body);
      CHECK(counts_of(c.get(0, "/store/histogram" + always + "&" + q)) ==
            counts_of(one.get(0, "/store/histogram" + always + "&" + q)));
    }
  }
}

TEST_CASE("cluster query: with little memory for each source the answer is the same",
          "[node][cluster]") {
  some_nodes c(std::vector<role>(6, role::store));
  c.world.net().set_window(4 * 1024);
  c.world.net().set_segment_max(700);
  test::plain_records all;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto records = test::lines(test::first_ms + i * 7, 1, 5000, "default", 7 + i);
    c.put_into_store(i, records);
    all.insert(all.end(), records.begin(), records.end());
  }
  some_nodes one({role::store});
  one.put_into_store(0, test::sorted(all));
  CHECK(c.query(3, "").body == one.query(0, "").body);
  CHECK(c.query(3, "order=desc").body == one.query(0, "order=desc").body);
}
