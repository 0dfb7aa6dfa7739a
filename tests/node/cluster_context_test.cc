// Records around a match, wherever in the cluster they are (rule K21).
#include <catch2/catch.hpp>

#include "node/some_nodes.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;
using cluster::role;

TEST_CASE("K21: a match's neighbours are found on other stores", "[node][cluster]") {
  some_nodes c({role::store, role::store});
  const auto records = test::lines(test::first_ms, 1, 100);
  test::plain_records parts[2];
  for (std::size_t i = 0; i < records.size(); ++i) parts[i % 2].push_back(records[i]);
  c.put_into_store(0, parts[0]);
  c.put_into_store(1, parts[1]);
  const std::string body = c.same("q=line+50&before=2&after=1&format=raw");
  CHECK(body == "line 48\nline 49\nline 50\nline 51\n");
}

TEST_CASE("K21: context of unconsumed, moving and stored records is the same from each node",
          "[node][cluster]") {
  some_nodes c(3);
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "line " + std::to_string(i) + "\n";
  for (std::size_t i = 0; i < 3; ++i) c.send(i, lines);
  const std::string questions[] = {"q=7&before=1&after=1", "q=33&before=3&after=2&context=all",
                                   "q=1&after=1&limit=20", "q=5&before=2&format=json"};
  std::vector<std::string> first;
  for (const auto& q : questions) first.push_back(c.same(q));
  c.consume();
  REQUIRE(c.consume_everything());
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(c.same(questions[i]) == first[i]);
}

TEST_CASE("K21: random records spread over three stores have the context that one store shows",
          "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    some_nodes c({role::store, role::store, role::store}, seed);
    some_nodes one({role::store}, seed);
    prng& random = c.world.random();
    test::plain_records parts[3];
    test::plain_records all;
    std::uint64_t ms = test::first_ms;
    for (std::uint64_t i = 0; i < 600; ++i) {
      ms += random.below(3);
      if (random.chance(1, 60)) ms += random.below(400'000);  // beyond what is looked for, or not
      const std::uint64_t stream = 1 + random.below(4);
      all.push_back({ulid::make(ms, stream, i), stream == 1 ? "a" : "b",
                     "text " + std::to_string(random.below(40))});
      parts[random.below(3)].push_back(all.back());
      if (random.chance(1, 5)) parts[random.below(3)].push_back(all.back());
    }
    for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, test::unique(parts[i]));
    one.put_into_store(0, test::unique(all));
    for (int i = 0; i < 20; ++i) {
      std::string q = "q=text+" + std::to_string(random.below(40));
      q += "&before=" + std::to_string(random.below(4));
      q += "&after=" + std::to_string(1 + random.below(5));
      if (random.chance(1, 3)) q += "&context=all";
      if (random.chance(1, 3)) q += "&limit=" + std::to_string(1 + random.below(10));
      if (random.chance(1, 3)) q += "&topic=b";
      INFO("seed " << seed << " " << q);
      CHECK(c.query(random.below(3), q).body == one.query(0, q).body);
    }
  }
}

TEST_CASE("K21: a store that fails or leaves between matches and context makes the answer partial",
          "[node][cluster]") {
  const bool leaves = GENERATE(false, true);
  some_nodes c({role::store, role::store});
  c.put_into_store(0, test::lines(test::first_ms, 1, 3000));
  c.put_into_store(1, test::lines(test::first_ms, 1, 10, "default", 9));
  c.world.net().set_latency(5ms, 5ms);
  std::optional<answer> got;
  c.ask_later(0, query_target("q=line+10&after=1"), got);
  REQUIRE(c.world.run_until([&] { return c.world.net().connections("node1") > 0; }, 1s));
  REQUIRE(c.world.run_until(
      [&] { return c[1].registry.text().find("/store/_query") != std::string::npos; }, 1s));
  if (leaves) {
    c[1].member.state = cluster::state::left;
    c.tell();
  } else {
    c.world.net().refuse("node1");
  }
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 1min));
  CHECK(got->complete);
  CHECK(got->trailer("X-Oklog-Coverage") == "partial");
}

TEST_CASE("K20: context whose block cannot be read on the copy that was chosen comes from another",
          "[node][cluster]") {
  const auto records = test::lines(test::first_ms, 1, 60'000);
  some_nodes one({role::store});
  one.put_into_store(0, records);
  const segment_ptr whole = one[0].storer->log().live().front();
  REQUIRE(whole->footer.blocks.size() > 2);
  // The match is the first record of a block: what stands before it is in another one.
  const std::string match = "q=line+" + std::to_string(whole->block(1).min.seq());
  for (const std::size_t asked : {0U, 1U}) {
    for (const std::vector<std::size_t>& damaged : {std::vector<std::size_t>{0}, {1}, {0, 1, 2}}) {
      some_nodes c({role::store, role::store});
      for (std::size_t i = 0; i < 2; ++i) c.put_into_store(i, records);
      const segment_ptr held = c[asked].storer->log().live().front();  // which it would rather read
      for (const std::size_t n : damaged) {
        const block_ref at = held->block(n);
        c.host(asked).disk().bit_flip("/data/store/" + held->name,
                                      at.offset + at.header_frame_bytes + 20);
      }
      for (const std::string mode : {"stream", "all"}) {
        const std::string q = match + "&before=3&after=2&context=" + mode;
        const std::string expected = one.query(0, q).body;
        REQUIRE(lines_in(expected) >= 6);
        const answer a = c.query(asked, q);
        INFO(q << " from " << asked << ", " << damaged.size() << " from block " << damaged.front()
               << ": " << a.trailer("X-Oklog-Summary"));
        CHECK(a.body == expected);
        CHECK(a.trailer("X-Oklog-Coverage") != "full");  // one of the stores did not answer fully
      }
    }
  }
}
