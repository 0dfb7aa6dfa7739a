// What Go's OK Log did and a node must not: the defects that no other file's tests name.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

// Each line in a segment of its own.
lines backlog(one_node& n, int count) {
  n.config.in.flush_bytes = 1;
  REQUIRE(n.start());
  lines all;
  for (int i = 0; i < count; ++i) {
    all.push_back("line " + std::to_string(i));
    REQUIRE(n.send(n.durable(), all.back() + "\n"));
  }
  return all;
}

}  // namespace

TEST_CASE("D23: a backlog of segments is not consumed one a tick", "[node]") {
  one_node n;
  n.config.st.target_age = 100ms;
  n.config.st.delay = 100ms;
  const lines all = backlog(n, 200);
  n.world.run_for(2s);  // 200 ticks of 100 ms are 20 s
  CHECK(n.number("oklog_ingest_unconsumed_segments") == 0);
  CHECK(n.number("oklog_store_consumed_segments_total") == 200);
  CHECK((n.lines() == all));
}

TEST_CASE("D26: a query of this hour does not read the hours before", "[node]") {
  one_node n;
  REQUIRE(n.start());
  // Records found, and disk operations for it.
  const auto ask = [&](const std::string& target) {
    const std::uint64_t before = n.host.disk().operations();
    const answer a = n.get(target);
    return std::pair(parse_records(a.body).size(), n.host.disk().operations() - before);
  };
  const int hours = 12;
  for (int i = 0; i < hours; ++i) {
    REQUIRE(n.send(n.fast(), "line\n"));
    n.consume_everything();
    n.host.step_wall_clock(1h);
  }
  REQUIRE(n.send(n.fast(), "line\n"));
  n.consume_everything();
  const auto [all, cost_of_all] = ask(query_target(""));
  const auto [one, cost_of_one] = ask("/store/query?q=&from=10m");
  CHECK(all == hours + 1);
  CHECK(one == 1);
  CHECK(cost_of_one * 4 < cost_of_all);
}

TEST_CASE("D28: the size of the data set is the sum over all that is searched", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const auto size = [&] {
    return std::stoull(n.get(query_target("q=absent")).header("X-Oklog-Max-Data-Set-Size"));
  };
  const std::string one(1000, 'a');
  const std::string two(3000, 'b');
  REQUIRE(n.send(n.fast(), one + "\n"));
  n.consume_everything();
  CHECK(size() >= 1000);
  CHECK(size() < 1100);
  REQUIRE(n.send(n.fast(), two + "\n"));  // still with the ingester
  CHECK(size() >= 4000);
  CHECK(size() < 4200);
}

TEST_CASE("D10: queries that race with consuming and compaction miss nothing", "[node]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    one_node n(seed);
    n.config.st.target_age = 100ms;
    n.config.st.log.compact.quiet = 1s;
    n.host.set_pool_delay(1ms, 20ms);
    n.config.in.flush_bytes = 1;
    REQUIRE(n.start());
    lines all;
    for (int i = 0; i < 120; ++i) {
      if (i % 40 == 15) n.host.step_wall_clock(1h);  // the hour is over: it is compacted
      if (i % 40 < 15) {
        all.push_back("line " + std::to_string(i));
        REQUIRE(n.send(n.durable(), all.back() + "\n"));
      }
      const answer a = n.get(query_target(""));
      REQUIRE(a.complete);
      REQUIRE(a.trailer("X-Oklog-Coverage") == "full");
      REQUIRE(lines_of(parse_records(a.body)) == all);
      n.world.run_for(std::chrono::milliseconds(n.world.random().below(200)));
    }
    CHECK(n.number("oklog_store_compacted_segments_total") > 0);
  }
}
