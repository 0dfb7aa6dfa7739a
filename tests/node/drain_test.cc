// Stopping: nothing that was received is lost, and the sender is told in time.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

awaitable<void> type_slowly(one_node& n, forwarding& f, int count, duration gap, lines& typed) {
  for (int i = 0; i < count; ++i) {
    typed.push_back("line " + std::to_string(i));
    f.type(typed.back() + "\n");
    co_await n.world.loop().sleep(gap);
  }
  f.end();
}

}  // namespace

TEST_CASE("D7: 60 lines at 10 a second over a graceful restart arrive once each", "[node]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const char* target : {"tcp://node:7651", "tcp://node:7652"}) {
      INFO("seed " << seed << " " << target);
      lines typed;
      std::shared_ptr<forwarding> f;
      one_node n(seed);
      REQUIRE(n.start());
      f = n.forward("", false, target);
      n.tasks.spawn(type_slowly(n, *f, 60, 100ms, typed));
      n.world.run_for(std::chrono::milliseconds(1000 + n.world.random().below(3000)));
      CHECK(n.stop() == 0);
      n.world.run_for(std::chrono::milliseconds(n.world.random().below(1000)));
      REQUIRE(n.start());
      REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 2min));
      CHECK(f->code == 0);
      CHECK(typed.size() == 60);
      CHECK(n.lines() == typed);
    }
  }
}

TEST_CASE("D7: a fast forwarder loses and doubles nothing over many restarts", "[node]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    lines typed;
    std::shared_ptr<forwarding> f;
    one_node n(seed);
    n.world.net().set_window(4096);
    n.world.net().set_segment_max(700);
    REQUIRE(n.start());
    f = n.forward("", false);
    n.tasks.spawn(type_slowly(n, *f, 3000, 1ms, typed));
    for (int restart = 0; restart < 4; ++restart) {
      n.world.run_for(std::chrono::milliseconds(n.world.random().below(800)));
      CHECK(n.stop() == 0);
      REQUIRE(n.start());
    }
    REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 2min));
    CHECK(f->code == 0);
    CHECK(n.lines() == typed);
  }
}

TEST_CASE("D20: after a drain everything is in the store, well within the drain timeout",
          "[node]") {
  one_node n;
  n.config.in.flush_age = 1h;
  n.config.st.target_age = 1h;
  REQUIRE(n.start());
  lines all;
  for (int i = 0; i < 2000; ++i) all.push_back("line " + std::to_string(i));
  REQUIRE(n.send(n.fast(), joined(all)));
  const duration begun = n.world.elapsed();
  CHECK(n.stop() == 0);
  CHECK(n.world.elapsed() - begun < 4s);
  CHECK(n.logged("segments_left=0"));
  for (const std::string& f : n.host.disk().files()) {
    CHECK_FALSE(
        (f.starts_with("/data/ingest/") && (f.ends_with(".flushed") || f.ends_with(".active"))));
  }
  REQUIRE(n.start());
  CHECK(n.lines() == all);
}

TEST_CASE("drain: a sender that does not listen is cut after a second; what it sent is kept",
          "[node]") {
  one_node n;
  REQUIRE(n.start());
  const auto s = n.connect(n.durable());
  n.write(*s, "whole\nhalf");
  n.world.run_for(500ms);
  const duration begun = n.world.elapsed();
  CHECK(n.stop() == 0);
  CHECK(n.world.elapsed() - begun < 5s);
  REQUIRE(n.start());
  CHECK(n.lines() == lines{"whole", "half"});
}

TEST_CASE("drain: it waits no longer than the drain timeout for a store that cannot take it",
          "[node]") {
  one_node n;
  n.config.in.flush_age = 1h;
  n.config.drain_timeout = 3s;
  REQUIRE(n.start());
  REQUIRE(n.send(n.durable(), "kept\n"));
  n.host.set_pool_delay(900ms, 900ms);
  const duration begun = n.world.elapsed();
  CHECK(n.stop() == 0);
  CHECK(n.world.elapsed() - begun < 10s);
  n.host.set_pool_delay(1ms, 1ms);
  REQUIRE(n.start());
  CHECK(n.lines() == lines{"kept"});
}

TEST_CASE("drain: while it drains it is not ready and takes no connections, yet answers queries",
          "[node]") {
  one_node n;
  n.config.in.flush_age = 1h;
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "x\n"));
  const auto s = n.connect(n.fast());
  n.begin_stop();
  n.world.run_for(100ms);
  REQUIRE_FALSE(n.ended());
  const answer ready = n.get("/-/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("shutting down") != std::string::npos);
  CHECK(n.get("/-/healthy").status == 200);
  CHECK(n.lines() == lines{"x"});
  CHECK_FALSE(n.send(n.fast(), "late\n"));
  CHECK(n.stop() == 0);
}

TEST_CASE("drain: a node without lines stops at once, also one that is asked twice", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const duration begun = n.world.elapsed();
  n.begin_stop();
  n.begin_stop();
  CHECK(n.stop() == 0);
  CHECK(n.world.elapsed() - begun < 3s);
}

TEST_CASE("drain: a stream and a query under way do not hold the node up", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const auto seen = n.watch("q=");
  const duration begun = n.world.elapsed();
  CHECK(n.stop() == 0);
  CHECK(n.world.elapsed() - begun < 5s);
  n.world.run_for(1s);
  CHECK(seen->back().line == "END");
}

TEST_CASE("forward: it goes on to another ingester when one dies, and ends with 0", "[node]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    lines typed;
    std::shared_ptr<forwarding> f;
    one_node n(seed);
    REQUIRE(n.start());
    f = n.forward("", false);
    n.tasks.spawn(type_slowly(n, *f, 100, 20ms, typed));
    n.world.run_for(1s);
    n.kill();
    n.world.run_for(500ms);
    REQUIRE(n.start());
    REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 2min));
    CHECK(f->code == 0);
    lines got = n.lines();
    std::sort(got.begin(), got.end());
    got.erase(std::unique(got.begin(), got.end()), got.end());
    CHECK(got.size() >= 90);  // what was between the kernels went with the process
    CHECK(got.size() <= 101);
  }
}

TEST_CASE("drain: a durable sender that waits for the close is not fooled by the farewell",
          "[node]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    bool closed = false;
    const auto sender = [](one_node& n, bool& done) -> awaitable<void> {
      co_await n.world.loop().sleep(100ms);
      const auto sent = co_await n.sending(n.durable(), "a\nb\nc\n");
      done = sent.has_value();
    };
    one_node n(seed);
    n.config.drain_timeout = 1s;
    REQUIRE(n.start());
    const auto other = n.connect(n.durable());
    n.host.set_pool_delay(300ms, 300ms);  // a slow disk
    n.write(*other, "keeps the disk busy\n");
    n.tasks.spawn(sender(n, closed));
    n.world.run_for(std::chrono::milliseconds(110 + n.world.random().below(600)));
    n.begin_stop();
    n.world.run_until([&] { return closed || n.ended(); }, 10s);
    n.crash();
    const bool acknowledged = closed;
    n.host.set_pool_delay(1ms, 1ms);
    REQUIRE(n.start());
    if (acknowledged) CHECK(n.lines("q=%5E.%24&regex") == lines{"a", "b", "c"});
  }
}
