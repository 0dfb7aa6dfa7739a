// What each port promises, under power failures, deaths of the process, and failing syncs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

struct sender {
  lines sent;
  bool acknowledged = false;
};

awaitable<void> send_all(one_node& n, env::endpoint to, sender& s, duration pause) {
  co_await n.world.loop().sleep(pause);
  const auto sent = co_await n.sending(to, joined(s.sent));
  s.acknowledged = sent.has_value();
}

lines some_lines(prng& random, const std::string& who) {
  lines all;
  const std::uint64_t count = 1 + random.below(30);
  for (std::uint64_t i = 0; i < count; ++i) {
    all.push_back(who + " line " + std::to_string(i) + " " +
                  std::string(random.below(random.chance(1, 10) ? 50'000 : 200), 'x'));
  }
  return all;
}

// Each line once; of the acknowledged senders all.
void check(one_node& n, const std::vector<sender>& senders) {
  const lines got = n.lines();
  const std::set<std::string> found(got.begin(), got.end());
  CHECK(found.size() == got.size());
  std::set<std::string> sent;
  std::size_t missing = 0;
  for (const sender& s : senders) {
    sent.insert(s.sent.begin(), s.sent.end());
    if (!s.acknowledged) continue;
    for (const std::string& l : s.sent) missing += found.contains(l) ? 0 : 1;
  }
  CHECK(missing == 0);
  std::size_t cut = 0;  // the half line of a connection that broke is stored as it came
  for (const std::string& l : found) {
    if (sent.contains(l)) continue;
    const bool prefix = std::any_of(sent.begin(), sent.end(),
                                    [&](const std::string& whole) { return whole.starts_with(l); });
    CHECK(prefix);
    ++cut;
  }
  CHECK(cut <= senders.size());
}

}  // namespace

TEST_CASE("C1: the close of a durable connection means that its lines survive a power failure",
          "[node]") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    std::vector<sender> senders;
    one_node n(seed);
    n.config.drain_timeout = 1s;
    prng random(seed);
    REQUIRE(n.start());
    senders.resize(1 + random.below(4));
    for (std::size_t i = 0; i < senders.size(); ++i) {
      senders[i].sent = some_lines(random, "sender " + std::to_string(i));
      n.tasks.spawn(
          send_all(n, n.durable(), senders[i], std::chrono::milliseconds(random.below(200))));
    }
    const auto one = [&] {
      return std::any_of(senders.begin(), senders.end(),
                         [](const sender& s) { return s.acknowledged; });
    };
    REQUIRE(n.world.run_until(one, 1min));
    n.crash();
    const std::vector<sender> then = senders;
    REQUIRE(n.start());
    check(n, then);
  }
}

TEST_CASE("C1, D8: a power failure before any disk operation loses no acknowledged line",
          "[node]") {
  for (std::uint64_t operation = 1; operation <= 60; ++operation) {
    INFO("operation " << operation);
    std::vector<sender> senders;
    one_node n(operation);
    n.config.drain_timeout = 1s;
    n.config.in.flush_age = 300ms;
    n.config.st.target_age = 500ms;
    prng random(operation);
    REQUIRE(n.start());
    n.host.crash_before_operation(operation);
    senders.resize(4);
    for (std::size_t i = 0; i < senders.size(); ++i) {
      senders[i].sent = some_lines(random, "sender " + std::to_string(i));
      n.tasks.spawn(send_all(n, n.durable(), senders[i], std::chrono::milliseconds(i * 400)));
    }
    n.world.run_until([&] { return !n.host.alive(); }, 20s);
    if (!n.died()) n.crash();
    const std::vector<sender> then = senders;
    REQUIRE(n.start());
    check(n, then);
  }
}

TEST_CASE("fast: what the node has closed in order outlives the process", "[node]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::vector<sender> senders;
    one_node n(seed);
    n.config.drain_timeout = 1s;
    prng random(seed);
    REQUIRE(n.start());
    senders.resize(3);
    for (std::size_t i = 0; i < senders.size(); ++i) {
      senders[i].sent = some_lines(random, "sender " + std::to_string(i));
      n.tasks.spawn(
          send_all(n, n.fast(), senders[i], std::chrono::milliseconds(random.below(100))));
    }
    REQUIRE(n.world.run_until([&] { return senders[0].acknowledged; }, 1min));
    n.kill();
    const std::vector<sender> then = senders;
    REQUIRE(n.start());
    check(n, then);
  }
}

TEST_CASE("fast: what is older than a second and a bit survives a power failure", "[node]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    one_node n(seed);
    n.config.in.flush_age = 1h;
    n.config.drain_timeout = 1s;
    REQUIRE(n.start());
    REQUIRE(n.send(n.fast(), "old\n"));
    n.world.run_for(1200ms);
    n.crash();
    REQUIRE(n.start());
    CHECK(n.lines() == lines{"old"});
  }
}

TEST_CASE("durable: senders that come together are committed together", "[node]") {
  std::vector<sender> senders;
  one_node n;
  n.host.set_pool_delay(20ms, 20ms);  // a slow disk
  REQUIRE(n.start());
  const double before = n.number("oklog_ingest_writer_syncs_total");
  senders.resize(100);
  for (std::size_t i = 0; i < senders.size(); ++i) {
    senders[i].sent = {"sender " + std::to_string(i)};
    n.tasks.spawn(send_all(n, n.durable(), senders[i], duration::zero()));
  }
  const duration begun = n.world.elapsed();
  const auto all = [&] {
    return std::all_of(senders.begin(), senders.end(),
                       [](const sender& s) { return s.acknowledged; });
  };
  REQUIRE(n.world.run_until(all, 1min));
  CHECK(n.world.elapsed() - begun < 300ms);
  CHECK(n.number("oklog_ingest_writer_syncs_total") - before <= 8);
}

TEST_CASE("durable: nothing more is read from a connection before its lines are on disk",
          "[node]") {
  one_node n;
  REQUIRE(n.start());
  const auto s = n.connect(n.durable());
  n.write(*s, "first\n");
  n.world.run_for(1s);
  n.host.set_pool_delay(10s, 10s);
  n.write(*s, "second\n");
  n.world.run_for(1s);
  n.write(*s, "third\n");
  n.world.run_for(3s);
  n.host.set_pool_delay(1ms, 1ms);
  CHECK(n.lines() == lines{"first", "second"});
  n.world.run_for(20s);
  CHECK(n.lines() == lines{"first", "second", "third"});
}

TEST_CASE("C5: a sync that failed is not tried again; the lines go to a new file and survive",
          "[node]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::vector<sender> senders;
    one_node n(seed);
    n.config.drain_timeout = 1s;
    prng random(seed);
    REQUIRE(n.start());
    REQUIRE(n.send(n.durable(), "before\n"));
    senders.resize(3);
    n.host.disk().fail_syncs(true);
    for (std::size_t i = 0; i < senders.size(); ++i) {
      senders[i].sent = some_lines(random, "sender " + std::to_string(i));
      n.tasks.spawn(send_all(n, n.durable(), senders[i], std::chrono::milliseconds(i * 50)));
    }
    n.world.run_for(std::chrono::milliseconds(500 + random.below(5000)));
    for (const sender& s : senders) CHECK_FALSE(s.acknowledged);
    n.host.disk().fail_syncs(false);
    const auto all = [&] {
      return std::all_of(senders.begin(), senders.end(),
                         [](const sender& s) { return s.acknowledged; });
    };
    REQUIRE(n.world.run_until(all, 1min));
    CHECK(n.host.disk().syncs_after_failure() == 0);
    n.crash();
    REQUIRE(n.start());
    const lines got = n.lines();
    CHECK(std::count(got.begin(), got.end(), "before") == 1);
    senders.push_back({{"before"}, true});
    check(n, senders);
  }
}
