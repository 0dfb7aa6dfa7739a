// A disk that is nearly full, full, or sick: nothing that was read is lost.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;
constexpr std::uint64_t mib = 1024 * 1024;

std::uint64_t used(const sim::disk& d) {
  std::uint64_t bytes = 0;
  for (const std::string& f : d.files()) bytes += d.contents(f).value_or("").size();
  return bytes;
}

lines filler_lines(int count, std::size_t bytes) {
  lines all;
  prng random(7);
  for (int i = 0; i < count; ++i) {
    all.push_back(std::to_string(i) + " ");
    while (all.back().size() < bytes) all.back() += std::to_string(random.next());
  }
  return all;
}

}  // namespace

TEST_CASE("disk nearly full: connections stay open and unread, and it goes on by itself",
          "[node]") {
  one_node n;
  n.config.disk_reserve = 10 * mib;
  REQUIRE(n.start());
  n.world.net().set_window(64 * 1024);
  REQUIRE(n.send(n.fast(), "before\n"));
  n.host.disk().set_capacity(used(n.host.disk()) + 5 * mib);
  n.world.run_for(3s);
  const answer ready = n.get("/-/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("nearly full") != std::string::npos);
  CHECK(n.get("/-/healthy").status == 200);
  CHECK(n.number("oklog_disk_full") == 1);
  CHECK(n.logged("lines are not taken in"));

  const lines all = filler_lines(3000, 100);
  const auto f = n.forward(joined(all), true, "tcp://node:7652");
  n.world.run_for(60s);
  CHECK_FALSE(f->code);  // held back, not refused
  CHECK(n.lines() == lines{"before"});
  CHECK(n.number("oklog_connected_clients{modality=\"durable\"}") == 1);

  n.host.disk().set_capacity(1000 * mib);
  REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 1min));
  CHECK(f->code == 0);
  CHECK(n.get("/-/ready").status == 200);
  CHECK(n.number("oklog_disk_full") == 0);
  lines expected{"before"};
  expected.insert(expected.end(), all.begin(), all.end());
  CHECK(n.lines() == expected);
  CHECK(n.stop() == 0);
}

TEST_CASE("D16: disk full in the middle of writes: nothing that was read is lost or doubled",
          "[node]") {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    INFO("seed " << seed);
    one_node n(seed);
    n.config.disk_reserve = 1;  // the watch is blind: writes meet ENOSPC themselves
    n.config.in.flush_bytes = 256 * 1024;
    n.config.in.flush_age = 1s;
    n.config.st.target_age = 1s;
    REQUIRE(n.start());
    const lines all = filler_lines(2000, 1000);
    const auto f =
        n.forward(joined(all), true, seed % 2 == 0 ? "tcp://node:7651" : "tcp://node:7652");
    n.host.disk().set_capacity(used(n.host.disk()) + n.world.random().below(mib));
    n.world.run_for(20s);
    CHECK(n.get("/-/healthy").status == 200);
    n.host.disk().set_capacity(1000 * mib);
    REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 2min));
    CHECK(f->code == 0);
    CHECK((n.lines() == all));
    n.world.run_for(30s);
    CHECK((n.lines() == all));
    CHECK(n.stop() == 0);
    REQUIRE(n.start());
    CHECK((n.lines() == all));
  }
}

TEST_CASE("disk full: a node that is stopped meanwhile says so and ends", "[node]") {
  one_node n;
  n.config.drain_timeout = 3s;
  n.config.disk_reserve = 1;
  REQUIRE(n.start());
  n.host.disk().set_capacity(used(n.host.disk()));
  const auto s = n.connect(n.fast());
  n.write(*s, "never written\n");
  n.world.run_for(1s);
  const duration begun = n.world.elapsed();
  n.begin_stop();
  REQUIRE(n.world.run_until([&] { return n.ended(); }, 2min));
  CHECK(n.world.elapsed() - begun < 30s);
  CHECK(n.logged("could not be put on disk"));
  CHECK(n.stop() == 1);
}

TEST_CASE("a disk that fails all writes for a while: lines wait in memory, then survive",
          "[node]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    one_node n(seed);
    n.config.drain_timeout = 1s;
    n.config.in.flush_age = 1s;
    n.config.st.target_age = 1s;
    REQUIRE(n.start());
    const lines all = filler_lines(200, 100);
    REQUIRE(n.send(n.durable(), "first\n"));
    n.world.run_for(std::chrono::milliseconds(n.world.random().below(3000)));
    n.host.disk().set_read_only(true);
    const auto f = n.forward(joined(all), true, "tcp://node:7652");
    n.world.run_for(10s);
    CHECK_FALSE(f->code);
    lines expected{"first"};
    expected.insert(expected.end(), all.begin(), all.end());
    const lines waiting = n.lines();  // found, though nowhere on disk
    REQUIRE(waiting.size() > 1);
    CHECK(std::equal(waiting.begin(), waiting.end(), expected.begin()));
    n.host.disk().set_read_only(false);
    REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 1min));
    CHECK(f->code == 0);
    n.crash();
    REQUIRE(n.start());
    CHECK((n.lines() == expected));
  }
}

TEST_CASE("disk full: a node that died starts again without a free byte, and loses nothing",
          "[node]") {
  for (const bool power : {false, true}) {
    one_node n;
    n.config.drain_timeout = 1s;
    n.config.in.flush_age = 1h;
    n.config.disk_reserve = 1;
    REQUIRE(n.start());
    REQUIRE(n.send(n.durable(), "one\ntwo\n"));
    n.host.disk().set_capacity(used(n.host.disk()));
    if (power) {
      n.crash();
    } else {
      n.kill();
    }
    REQUIRE(n.start());
    CHECK(n.lines() == lines{"one", "two"});
    n.world.run_for(10s);
    CHECK(n.lines() == lines{"one", "two"});
    n.host.disk().set_capacity(1000 * mib);
    n.consume_everything();
    CHECK(n.send(n.durable(), "three\n"));
    CHECK(n.lines() == lines{"one", "two", "three"});
  }
}
