// /store/stream: what comes in, as it comes in.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> texts(const std::vector<seen_line>& seen) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < seen.size(); ++i) out.push_back(seen[i].line);
  return out;
}

}  // namespace

TEST_CASE("D27: a stream sends its headers at once", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const duration begun = n.world.elapsed();
  const auto seen = n.watch("q=never");
  CHECK(seen->front().line == "HEAD 200");
  CHECK(n.world.elapsed() - begun < 100ms);
}

TEST_CASE("D27: a record is seen within 100 ms of being received, on either port", "[node]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    one_node n(seed);
    REQUIRE(n.start());
    const auto seen = n.watch("q=");
    const auto fast = n.connect(n.fast());
    const auto durable = n.connect(n.durable());
    for (std::size_t i = 1; i <= 100; ++i) {
      const duration sent = n.world.elapsed();
      n.write(i % 2 == 0 ? *fast : *durable, "line " + std::to_string(i) + "\n");
      REQUIRE(n.world.run_until([&] { return seen->size() > i; }, 1s));
      CHECK(seen->back().at - sent < 100ms);
      n.world.run_for(std::chrono::milliseconds(n.world.random().below(120)));
    }
    const auto found = n.get(query_target("")).body;
    std::string streamed;
    for (const std::string& l : texts(*seen)) streamed += l + "\n";
    CHECK(streamed == found);
  }
}

TEST_CASE("stream: it matches as a query does", "[node]") {
  one_node n;
  n.config.in.mode = node::topic_mode::dynamic;
  REQUIRE(n.start());
  const std::string all[] = {"q=error", "q=%5Eerror&regex=true", "topic=web",
                             "q=r%24&regex&topic=db"};
  std::vector<std::shared_ptr<std::vector<seen_line>>> seen;
  for (const std::string& p : all) seen.push_back(n.watch(p));
  std::string bytes;
  for (int i = 0; i < 500; ++i) {
    bytes += (i % 3 == 0 ? "web " : "db ") + std::string(i % 2 == 0 ? "an error" : "error ") +
             (i % 5 == 0 ? " tail\n" : "\n");
  }
  REQUIRE(n.send(n.fast(), bytes));
  n.world.run_for(1s);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    INFO(all[i]);
    std::string streamed;
    for (const std::string& l : texts(*seen[i])) streamed += l + "\n";
    CHECK(!streamed.empty());
    CHECK(streamed == n.get(query_target(all[i])).body);
  }
}

TEST_CASE("D27: a client that does not read is cut off and counted, and delays nobody", "[node]") {
  one_node n;
  n.world.net().set_window(16 * 1024);
  REQUIRE(n.start());
  env::endpoint api{n.host.ip(), 7650};
  const auto slow = n.connect(api);
  n.write(*slow, "GET /store/stream?q= HTTP/1.1\r\nHost: node\r\n\r\n");
  const auto seen = n.watch("q=");
  n.world.run_for(100ms);
  CHECK(n.number("oklog_store_streams") == 2);
  std::size_t lines = 0;
  for (int i = 0; i < 30; ++i) {
    std::string bytes;
    for (int k = 0; k < 300; ++k, ++lines) bytes += std::string(1000, 'x') + "\n";
    const duration begun = n.world.elapsed();
    REQUIRE(n.send(n.fast(), bytes));
    REQUIRE(n.world.run_until([&] { return seen->size() == lines + 1; }, 10s));
    CHECK(n.world.elapsed() - begun < 2s);
  }
  n.world.run_for(1s);
  CHECK(n.number("oklog_store_slow_streams_total") == 1);
  CHECK(n.number("oklog_store_streams") == 1);
}

TEST_CASE("stream: clients that leave are forgotten", "[node]") {
  one_node n;
  REQUIRE(n.start());
  env::endpoint api{n.host.ip(), 7650};
  for (int i = 0; i < 20; ++i) {
    const auto s = n.connect(api);
    n.write(*s, "GET /store/stream?q= HTTP/1.1\r\nHost: node\r\n\r\n");
    n.world.run_for(50ms);
  }
  n.world.run_for(1s);
  CHECK(n.number("oklog_store_streams") == 0);
}

TEST_CASE("stream: too many at once are told 429", "[node]") {
  one_node n;
  REQUIRE(n.start());
  std::vector<std::shared_ptr<std::vector<seen_line>>> seen;
  for (std::size_t i = 0; i < node::streams_max; ++i) seen.push_back(n.watch("q="));
  CHECK(n.get("/store/stream?q=").status == 429);
  CHECK(n.send(n.fast(), "x\n"));
  n.world.run_for(1s);
  for (const auto& s : seen) CHECK(texts(*s).size() == 1);
}
