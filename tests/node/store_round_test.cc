// What all stores say that they hold, put together for one answer (rules K17, K18).
#include "node/store_round.h"

#include "node/some_nodes.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;
using cluster::role;

namespace {

// As after the machine has slept.
class late_clock final : public env::clock {
 public:
  explicit late_clock(const env::clock& of) : of_(of) {}
  wall_time now() const override { return of_.now() + late_; }
  boot_time boot() const override { return of_.boot() + late_; }
  void pass(duration d) { late_ += d; }

 private:
  const env::clock& of_;
  duration late_{};
};

// This node's own store, of which the round asks nothing but what it holds.
class said_part final : public node::own_part {
 public:
  explicit said_part(store_catalogue held) : held_(std::move(held)) {}
  const coverage& covered() const override { return covered_; }
  query_stats in_question(const api::part_ask&) const override { return {}; }
  const store_catalogue& held() const override { return held_; }
  awaitable<result<answer_summary>> give(api::part_ask, node::batch_sink&) override {
    co_return answer_summary{};
  }
  awaitable<api::near_answer> give_near(api::part_ask, std::vector<neighbour_ask>) override {
    co_return api::near_answer{};
  }

 private:
  coverage covered_;
  store_catalogue held_;
};

// Node 0 asks the others; each time it pins its own store `on_pin` is told which time that is.
struct asking : node::own_parts {
  explicit asking(some_nodes& nodes) : c(nodes), clock(nodes[0].env.clock) {}
  std::shared_ptr<node::own_part> pin(api::half, ulid, ulid, std::size_t) override {
    on_pin(++times);
    return std::make_shared<said_part>(c[0].storer->log().catalogue());
  }
  const cluster::roster& roster() const override { return known; }
  void ask() {
    env::environment there = c[0].env;
    const env::environment mine{clock, there.fs, there.net, there.loop, there.random, there.log};
    round.emplace(mine, c[0].members);
    c.world.run(round->ask(ulid_min, ulid_max, *this, 1 << 20, 256, roll, silent));
  }

  some_nodes& c;
  late_clock clock;
  std::function<void(int)> on_pin = [](int) {};
  int times = 0;
  cluster::roster known;
  node::roll_call roll;
  node::silent_members silent;
  std::optional<node::store_round> round;
};

std::size_t listed(const asking& a) {
  std::size_t n = 0;
  for (const node::store_round::store& s : a.round->stores()) n += s.held().partitions.size();
  return n;
}

}  // namespace

TEST_CASE("K17: catalogues that lie over a minute apart are asked for anew, all of them",
          "[node]") {
  some_nodes c(std::vector<role>(3, role::store));
  asking a(c);
  // While the round lasts the only copy goes from one store, which then asks, to another.
  a.on_pin = [&](int n) {
    if (n == 1) a.clock.pass(61s);
    if (n == 2) c.put_into_store(1, test::lines(test::first_ms, 1, 10));
  };
  a.ask();
  CHECK(a.times == 2);
  CHECK(a.round->stores().size() == 3);
  CHECK(listed(a) == 1);
  CHECK(a.roll.doubts().empty());
}

TEST_CASE("K17: catalogues within a minute are asked for once", "[node]") {
  some_nodes c(std::vector<role>(2, role::store));
  asking a(c);
  a.on_pin = [&](int) { a.clock.pass(59s); };
  a.ask();
  CHECK(a.times == 1);
  CHECK(a.roll.doubts().empty());
}

TEST_CASE("K17: where they never lie within a minute the answer is partial", "[node]") {
  some_nodes c(std::vector<role>(2, role::store));
  asking a(c);
  a.on_pin = [&](int) { a.clock.pass(2min); };
  a.ask();
  CHECK(a.times == 3);
  REQUIRE(a.roll.doubts().size() == 1);
  node::accounting who;
  who.members = c[0].members.all();
  who.roster = a.round->roster();
  CHECK(node::verdict(a.roll, who).state == coverage_state::partial);
}

TEST_CASE("K18: a store that is known to one of those that answer alone is missed", "[node]") {
  some_nodes c(std::vector<role>(3, role::store));
  c.world.run_for(1min);  // everybody is in all rosters
  c.stop_rosters();
  // Node 0 has never heard of node 2, which node 1 knows.
  c[0].members.set({c[0].member, c[1].member});
  asking a(c);
  const cluster::roster all = c[0].storer->roster().roster();
  REQUIRE(all.store(c[0].member.id) != nullptr);
  a.known.put(*all.store(c[0].member.id));
  a.ask();
  const ulid third = c[2].member.id;
  REQUIRE(a.round->roster().store(third) != nullptr);
  node::accounting who;
  who.members = c[0].members.all();
  who.roster = a.round->roster();
  const coverage covered = node::verdict(a.roll, who);
  CHECK(covered.state != coverage_state::full);
  REQUIRE(covered.missing.size() == 1);
  CHECK(has(covered.missing.front(), format(third)));
}
