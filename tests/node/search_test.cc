// Queries as a client of a whole node asks them: order, limits, context, counts, history.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

lines counted_lines(int from, int to) {
  lines all;
  for (int i = from; i < to; ++i) all.push_back("line " + std::to_string(i));
  return all;
}

// Half of them consumed, the rest still with the ingester.
void fill(one_node& n) {
  REQUIRE(n.start());
  REQUIRE(n.send(n.durable(), joined(counted_lines(0, 50))));
  n.consume_everything();
  n.world.run_for(1s);
  REQUIRE(n.send(n.durable(), joined(counted_lines(50, 100))));
}

std::string body(one_node& n, const std::string& parameters) {
  const answer a = n.get(query_target(parameters));
  REQUIRE(a.status == 200);
  REQUIRE(a.complete);
  REQUIRE(a.trailer("X-Oklog-Coverage") == "full");
  return a.body;
}

}  // namespace

TEST_CASE("query: order, limit and raw, over what is stored and what is not yet", "[node]") {
  one_node n;
  fill(n);
  CHECK(body(n, "format=raw&limit=3") == "line 0\nline 1\nline 2\n");
  CHECK(body(n, "format=raw&limit=3&order=desc") == "line 99\nline 98\nline 97\n");
  CHECK(body(n, "format=raw&q=LINE+7&i=1&order=desc&limit=2") == "line 79\nline 78\n");
  CHECK(body(n, "format=raw&q=line+1&q=line+98&invert=1&limit=2") == "line 0\nline 2\n");
  CHECK(body(n, "q=line&count=1") == "100\n");
  CHECK(body(n, "q=line&count=1&limit=7") == "7\n");
}

TEST_CASE("query: context is of the same stream, across store and ingester", "[node]") {
  one_node n;
  fill(n);
  CHECK(body(n, "format=raw&q=line+20&before=2&after=1") == "line 18\nline 19\nline 20\nline 21\n");
  // The two connections are two streams.
  CHECK(body(n, "format=raw&q=line+49&after=2") == "line 49\n");
  CHECK(body(n, "format=raw&q=line+49&after=2&context=all") == "line 49\nline 50\nline 51\n");
  CHECK(body(n, "format=raw&q=line+10&q=line+13&after=1") ==
        "line 10\nline 11\n--\nline 13\nline 14\n");
}

TEST_CASE("query: parameters that make no sense are refused by name", "[node]") {
  one_node n;
  REQUIRE(n.start());
  for (const auto& [parameters, part] :
       std::vector<std::pair<std::string, std::string>>{{"limit=0", "'limit'"},
                                                        {"limit=x", "'limit'"},
                                                        {"before=1001", "'before'"},
                                                        {"after=-1", "'after'"},
                                                        {"order=up", "'order'"},
                                                        {"context=most", "'context'"},
                                                        {"format=xml", "'format'"},
                                                        {"before=1&order=desc", "'order'"},
                                                        {"buckets=0", "'buckets'"}}) {
    const answer a = n.get(query_target(parameters));
    CHECK(a.status == 400);
    INFO(a.body);
    CHECK(a.body.find(part) != std::string::npos);
  }
}

TEST_CASE("query: the summary says what was skipped and read", "[node]") {
  one_node n;
  fill(n);
  const answer a = n.get(query_target("q=absent-16-letters"));
  const auto j = nlohmann::json::parse(a.trailer("X-Oklog-Summary"));
  CHECK(j["records"] == 0);
  CHECK(j["blocks"]["skipped_by_filter"] == 1);
  CHECK(j["blocks"]["read"] == 1);  // the ingester's has no filter
  CHECK(j["blocks"]["considered"] == 2);
  CHECK(j["bytes"]["filters_read"] > 0);
}

TEST_CASE("histogram: counts by time and topic, exact over store and ingester", "[node]") {
  one_node n;
  fill(n);
  const answer a = n.get("/store/histogram?from=1h&buckets=30&q=line+1");
  REQUIRE(a.status == 200);
  const auto j = nlohmann::json::parse(a.body);
  CHECK(j["total"] == 11);
  CHECK(j["counts"].size() == 30);
  CHECK(j["topics"]["default"][29] == 11);
  CHECK(j["answer"]["coverage"] == "full");
  CHECK(nlohmann::json::parse(n.get("/store/histogram?from=1h").body)["total"] == 100);
  CHECK(n.get("/store/histogram?buckets=x").status == 400);
}

TEST_CASE("stream: with from it gives what is stored, then what comes, each line once", "[node]") {
  one_node n;
  fill(n);
  auto seen = n.watch("from=1h&q=line&format=raw");
  n.world.run_for(1s);
  REQUIRE(n.send(n.durable(), joined(counted_lines(100, 120))));
  n.world.run_for(1s);
  lines got;
  for (std::size_t i = 1; i < seen->size(); ++i) got.push_back((*seen)[i].line);
  CHECK(got == counted_lines(0, 120));
}

TEST_CASE("stream: from may be later than now, since a stream has no end", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const auto seen = n.watch("from=" + format(ulid::lowest(ulid::ms_max)));
  CHECK(seen->front().line == "HEAD 200");
}
