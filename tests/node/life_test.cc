// The long life of a node, at random: senders and forwarders, deaths, power failures, full and sick
// disks, restarts. OKLOG_SIM_SEEDS says how many seeds, OKLOG_SIM_SEED which is the first.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <set>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Somebody who sends lines, and what was promised to it.
struct source {
  lines sent;
  bool durable = false;
  bool may_double = false;  // a forwarder sends the line in hand again
  std::optional<duration> promised;
  unsigned deaths_before = 0;
  bool reliable = true;  // its promise holds whatever comes
  std::shared_ptr<forwarding> f;
};

class life {
 public:
  explicit life(std::uint64_t seed) : seed_(seed), random_(seed), node_(seed) {
    node::config& c = node_.config;
    c.drain_timeout = 3s;
    c.in.flush_age = std::chrono::milliseconds(200 + random_.below(2000));
    c.in.flush_bytes = 16 * 1024 + random_.below(512 * 1024);
    c.in.pending_timeout = 5s;
    c.in.max_line = 64 * 1024;
    c.st.target_age = std::chrono::milliseconds(random_.below(2000));
    c.st.log.compact.target_bytes = 32 * 1024 + random_.below(256 * 1024);
    c.st.log.compact.quiet = 5s;
    c.st.log.retention.retain = 24h;
    c.disk_reserve = 1;
    if (random_.chance(1, 2)) node_.world.net().set_window(2048 + random_.below(100'000));
    if (random_.chance(1, 3)) node_.world.net().set_segment_max(1 + random_.below(3000));
    if (random_.chance(1, 2)) node_.host.set_pool_delay(1ms, 30ms);
    if (std::getenv("OKLOG_SIM_PRINT") != nullptr) node_.world.print_logs(true);
    REQUIRE(node_.start());
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      node_.world.run_for(std::chrono::milliseconds(random_.below(1500)));
      if (!node_.host.alive()) restart_after_death();
      if (random_.chance(1, 3)) check();
    }
    heal();
    check();
    CHECK(node_.stop() == 0);
    REQUIRE(node_.start());
    heal();
    check();
    node_.crash();
    died(5s);
    REQUIRE(node_.start());
    check();
  }

  std::uint64_t trace_hash() const { return node_.world.trace_hash(); }

 private:
  void step();
  lines make_lines();
  void send(bool durable);
  void forward();
  awaitable<void> sending(source& s, env::endpoint to);
  void kill();
  void crash(duration unsynced_since);
  void died(duration unsynced_since);
  void restart_after_death();
  void sick_disk();
  void heal();
  void note_forwarders();
  void check();
  void check_answer(const std::vector<found>& records, duration asked);

  std::uint64_t seed_;
  prng random_;
  std::list<source> sources_;  // outlives the node
  unsigned deaths_ = 0;
  unsigned made_ = 0;
  one_node node_;
};

lines life::make_lines() {
  lines all;
  const std::uint64_t count = 1 + random_.below(random_.chance(1, 5) ? 400 : 20);
  const std::string who = "source " + std::to_string(made_++) + " line ";
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string l = who + std::to_string(i) + ".";
    const std::uint64_t bytes = random_.below(random_.chance(1, 20) ? 60'000 : 300);
    while (l.size() < bytes) l += std::to_string(random_.below(1'000'000));
    all.push_back(std::move(l));
  }
  return all;
}

awaitable<void> life::sending(source& s, env::endpoint to) {
  const auto sent = co_await node_.sending(to, joined(s.sent));
  if (sent) s.promised = node_.world.elapsed();
}

void life::send(bool durable) {
  source& s = sources_.emplace_back();
  s.sent = make_lines();
  s.durable = durable;
  node_.tasks.spawn(sending(s, durable ? node_.durable() : node_.fast()));
}

void life::forward() {
  source& s = sources_.emplace_back();
  s.sent = make_lines();
  s.durable = random_.chance(1, 2);
  s.may_double = true;
  s.deaths_before = deaths_;
  s.f =
      node_.forward(joined(s.sent), true, s.durable ? "tcp://node:7652" : "tcp+dnsip://node:7651");
}

// What a forwarder was promised holds for its last connection alone, as long as nobody dies.
void life::note_forwarders() {
  for (source& s : sources_) {
    if (!s.f || s.promised || s.f->code != 0) continue;
    s.promised = node_.world.elapsed();
    s.reliable = s.deaths_before == deaths_;
  }
}

void life::kill() {
  node_.kill();
  note_forwarders();
  ++deaths_;
  node_.world.run_for(std::chrono::milliseconds(random_.below(500)));
  REQUIRE(node_.start());
}

// The power went: fast lines of the last moments may be gone.
void life::died(duration unsynced_since) {
  note_forwarders();
  ++deaths_;
  for (source& s : sources_) {
    if (!s.durable && s.promised && node_.world.elapsed() - *s.promised < unsynced_since) {
      s.reliable = false;
    }
  }
}

void life::crash(duration unsynced_since) {
  node_.crash();
  died(unsynced_since);
  REQUIRE(node_.start());
}

void life::restart_after_death() {
  REQUIRE(node_.died());
  died(10s);
  if (random_.chance(1, 2)) {  // and once more, in the middle of its recovery (C14)
    node_.host.start();
    node_.host.crash_before_operation(1 + random_.below(20));
  }
  while (!node_.start()) {
    node_.world.run_for(1ms);
    REQUIRE_FALSE(node_.host.alive());
    REQUIRE(node_.died());
    ++deaths_;
  }
}

void life::sick_disk() {
  sim::disk& d = node_.host.disk();
  std::uint64_t used = 0;
  for (const std::string& f : d.files()) used += d.contents(f).value_or("").size();
  const std::uint64_t kind = random_.below(4);
  if (kind == 0) d.set_capacity(used + random_.below(100'000));
  if (kind == 1) d.fail_syncs(true);
  if (kind == 2) d.set_read_only(true);
  if (kind == 3) d.fail_operation(d.operations() + 1 + random_.below(30));
  send(random_.chance(1, 2));
  if (random_.chance(1, 2)) forward();
  node_.world.run_for(std::chrono::milliseconds(random_.below(5000)));
  if (random_.chance(1, 4)) {
    crash(30s);  // it starts on a full disk, too
    node_.host.disk().set_capacity(1ULL << 40);
    return node_.world.run_for(5s);
  }
  CHECK(d.syncs_after_failure() == 0);
  if (!node_.host.alive()) restart_after_death();  // of an earlier step
  sim::disk& now = node_.host.disk();
  now.set_capacity(1ULL << 40);
  now.fail_syncs(false);
  now.set_read_only(false);
  node_.world.run_for(5s);
}

void life::step() {
  const std::uint64_t dice = random_.below(20);
  node_.world.trace("step " + std::to_string(dice));
  if (std::getenv("OKLOG_SIM_PRINT") != nullptr) {
    std::fprintf(stderr, "%.3f step %d\n",
                 std::chrono::duration<double>(node_.world.elapsed()).count(),
                 static_cast<int>(dice));
  }
  if (dice < 6) return send(true);
  if (dice < 10) return send(false);
  if (dice < 13) return forward();
  if (dice == 13) return kill();
  if (dice == 14) return crash(5s);
  if (dice == 15) return node_.host.crash_before_operation(1 + random_.below(100));
  if (dice == 16) return sick_disk();
  if (dice == 17) {
    const int code = node_.stop();
    if (!node_.host.alive()) return restart_after_death();  // of an earlier step, while it stopped
    CHECK(code == 0);
    const bool started = node_.start();
    // Or of one that comes while it starts: the node may end before its machine does.
    if (!started) node_.world.run_for(1ms);
    if (!started && !node_.host.alive()) return restart_after_death();
    REQUIRE(started);
  }
  if (dice == 18)
    node_.host.step_wall_clock(std::chrono::milliseconds(random_.below(20'000)) - 10s);
}

void life::heal() {
  node_.host.disk().on_operation(nullptr);  // no death is under way any more
  const auto idle = [&] {
    return std::all_of(sources_.begin(), sources_.end(),
                       [](const source& s) { return !s.f || s.f->code; });
  };
  for (int i = 0; i < 100 && !idle(); ++i) {
    node_.world.run_for(1s);
    if (!node_.host.alive()) restart_after_death();
  }
  node_.world.run_for(10s);
  if (!node_.host.alive()) restart_after_death();
  CHECK(idle());
  node_.consume_everything();
}

void life::check() {
  note_forwarders();
  const duration asked = node_.world.elapsed();
  const answer a = node_.get(query_target(""));
  if (!node_.host.alive()) return restart_after_death();
  REQUIRE(a.status == 200);
  if (!a.complete) return;  // it died meanwhile
  CHECK(a.trailer("X-Oklog-Coverage") == "full");
  CHECK(a.trailer("X-Oklog-Summary").find("\"errors\":0") != std::string::npos);
  check_answer(parse_records(a.body), asked);
}

void life::check_answer(const std::vector<found>& records, duration asked) {
  std::multiset<std::string> got;
  for (const found& f : records) got.insert(f.line);
  std::set<std::string> sent;
  std::size_t missing = 0;
  std::string example;
  std::size_t doubled = 0;
  for (const source& s : sources_) {
    for (const std::string& l : s.sent) {
      sent.insert(l);
      const std::size_t times = got.count(l);
      if (times == 0 && s.promised && *s.promised <= asked && s.reliable) {
        if (missing++ == 0) example = l.substr(0, 30);
      }
      if (times > 1 && (!s.may_double || s.deaths_before == deaths_)) ++doubled;
    }
  }
  std::size_t invented = 0;
  for (const std::string& l : got) {
    const auto at = sent.lower_bound(l);  // the half line of a broken connection is kept
    if (at == sent.end() || !at->starts_with(l)) ++invented;
  }
  INFO("the first missing: " << example);
  CHECK(missing == 0);
  CHECK(doubled == 0);
  CHECK(invented == 0);
}

}  // namespace

TEST_CASE("sim: the long life of a node keeps every promise", "[node][sim]") {
  const std::uint64_t first = from_environment("OKLOG_SIM_SEED", 1);
  const std::uint64_t seeds = from_environment("OKLOG_SIM_SEEDS", 20);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    INFO("seed " << seed);
    life l(seed);
    l.run(60);
  }
}

TEST_CASE("sim: lives that once broke a promise keep it", "[node][sim]") {
  const std::uint64_t seeds[] = {
      4,    // suspected while a full disk stopped a start
      6,    // the same
      153,  // the machine died while the node was being stopped, and this test did not see it
  };
  for (const std::uint64_t seed : seeds) {
    INFO("seed " << seed);
    life l(seed);
    l.run(60);
  }
}

TEST_CASE("sim: a long life is the same every time", "[node][sim]") {
  const auto play = [](std::uint64_t seed) {
    life l(seed);
    l.run(25);
    return l.trace_hash();
  };
  CHECK(play(3) == play(3));
}
