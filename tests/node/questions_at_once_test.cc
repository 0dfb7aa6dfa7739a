// More questions at once than a node, or what it asks of others, has room for: each gets a right
// answer, or hears in a sentence that it gets none, or what is missing; and then all is as before.
#include <catch2/catch.hpp>

#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

using cluster::role;
using std::chrono::minutes;
using std::chrono::seconds;

struct tally {
  std::size_t right = 0;    // full, and all that was asked for
  std::size_t refused = 0;  // 429
  std::size_t partial = 0;  // and says why
};

// As many questions as wanted of each of these nodes, all at one moment.
tally ask_at_once(some_nodes& c, const std::vector<std::size_t>& nodes, std::size_t times,
                  const std::string& parameters, const std::string& expected) {
  std::vector<std::optional<answer>> answers(nodes.size() * times);
  env::task_group asking(c.world.loop());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    c.ask_later(nodes[i % nodes.size()], query_target(parameters), answers[i], &asking);
  }
  REQUIRE(c.world.run_until([&] { return asking.size() == 0; }, minutes(2)));
  tally t;
  for (const auto& a : answers) {
    REQUIRE(a);
    REQUIRE(a->complete);
    if (a->status == 429) {
      REQUIRE(a->body == "too many queries at once; try again\n");
      ++t.refused;
      continue;
    }
    REQUIRE(a->status == 200);
    if (a->trailer("X-Oklog-Coverage") == "full") {
      REQUIRE(a->body == expected);
      ++t.right;
    } else {
      REQUIRE(a->trailer("X-Oklog-Coverage") == "partial");
      REQUIRE(has(a->trailer("X-Oklog-Summary"), "too many queries at once"));
      ++t.partial;
    }
  }
  return t;
}

void check_at_rest(some_nodes& c) {
  c.world.run_for(minutes(1));
  for (std::size_t i = 0; i < c.size(); ++i) {
    INFO("node " << i);
    CHECK(c.number(i, "oklog_store_pins") == 0);
    CHECK(c.number(i, "oklog_store_streams") == 0);
    // On which the others exchange rosters with it.
    CHECK(c.number(i, "oklog_api_connections") == static_cast<double>(c.size() - 1));
  }
}

}  // namespace

TEST_CASE(
    "questions: 512 and 1,024 at once get what 64 have room for, the others a 429, none hangs",
    "[node][cluster]") {
  some_nodes c(3);
  c.send(1, numbered(0, 300));
  const std::string expected = c.same("");
  REQUIRE(lines_in(expected) == 300);
  double refused = 0;
  for (const std::size_t times : {512, 1024}) {
    const tally t = ask_at_once(c, {0}, times, "", expected);
    CHECK(t.right >= node::queries_max);
    CHECK(t.partial == 0);
    CHECK(t.refused >= times / 2);
    refused += static_cast<double>(t.refused);
    CHECK(c.number(0, "oklog_store_queries_refused_total") == refused);
    check_at_rest(c);
    // All places are free again, and no more than there were.
    const tally again = ask_at_once(c, {0}, node::queries_max, "", expected);
    CHECK(again.right == node::queries_max);
  }
}

TEST_CASE("questions: where nodes ask each other more than they have room for, no answer says full",
          "[node][cluster]") {
  some_nodes c(7);
  c.send(1, numbered(0, 300));
  const std::string expected = c.same("");
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < c.size(); ++i) all.push_back(i);
  // Of each node six others ask both halves, for 64 questions: 384 pins, and 768 parts.
  const tally t = ask_at_once(c, all, node::queries_max, "", expected);
  CHECK(t.refused == 0);
  CHECK(t.partial > 0);
  check_at_rest(c);
  CHECK(c.same("") == expected);
  const tally one = ask_at_once(c, {3}, node::queries_max, "", expected);
  CHECK(one.right == node::queries_max);
}

}  // namespace oklog::node_test
