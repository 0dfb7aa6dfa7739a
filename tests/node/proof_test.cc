// What a store says of how many copies there are of all that it holds.
#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::minutes;

struct lone_store : some_nodes {
  lone_store() : some_nodes({cluster::role::store}) { world.run_for(minutes(1)); }
  node::roster_keeper& roster() { return (*this)[0].storer->roster(); }
  unsigned proved() { return roster().self().proved; }
  node::counted_write write(unsigned copies) {
    auto begun = world.run(roster().begin_write(copies));
    REQUIRE(begun);
    return std::move(*begun);
  }
  void announce(unsigned copies) { world.run(roster().announce_pass(copies, {})); }
};

}  // namespace

TEST_CASE("K15: a pass says nothing of what was written since it began", "[node]") {
  lone_store c;
  c.roster().begin_pass();
  { const auto one = c.write(1); }
  c.announce(2);
  CHECK(c.proved() == 1);
  c.roster().begin_pass();  // holds it, and all have looked at it
  c.announce(2);
  CHECK(c.proved() == 2);
}

TEST_CASE("K15: a pass that begins during a write may not have seen it", "[node]") {
  lone_store c;
  std::optional<node::counted_write> one(c.write(1));
  c.roster().begin_pass();
  one.reset();
  c.announce(2);
  CHECK(c.proved() == 1);
}

TEST_CASE("K15: a write with fewer copies than are proved takes that back, on disk", "[node]") {
  lone_store c;
  c.roster().begin_pass();
  c.announce(2);
  REQUIRE(c.proved() == 2);
  const auto two = c.write(2);
  CHECK(c.proved() == 2);
  const auto one = c.write(1);
  CHECK(c.proved() == 1);
  const auto text = c.host(0).disk().contents("data/store/roster.json");
  REQUIRE(text);
  CHECK(api::parse_roster(*text)->proved_copies() == 1);
}

TEST_CASE("K15: a write that begins while a pass is written down comes after it", "[node]") {
  lone_store c;
  c.roster().begin_pass();
  env::task_group tasks(c.world.loop());
  tasks.spawn(c.roster().announce_pass(2, {}));
  const auto one = c.write(1);
  CHECK(c.world.run_until([&] { return tasks.size() == 0; }, minutes(1)));
  CHECK(c.proved() == 1);
}

}  // namespace oklog::node_test
