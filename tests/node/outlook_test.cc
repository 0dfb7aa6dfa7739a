// What answers would cover, said without asking.
#include "node/outlook.h"

#include <catch2/catch.hpp>

#include "node/lettered_ids.h"

using namespace oklog;
using namespace oklog::node;
using namespace std::chrono_literals;

namespace {

struct outlook_world : accounting {
  outlook_world() {
    now = from_unix_ms(1'700'000'000'000);
    boot = boot_time(1h);
    to_ms = 1'700'000'000'000;
    for (const ulid& id : {A, B, C}) {
      cluster::store_entry e;
      e.id = id;
      e.factor = e.proved = 2;
      e.admitted = true;
      REQUIRE(roster.put(e));
      add(id, static_cast<int>(id.lo));
    }
  }
  void add(const ulid& id, int host) {
    cluster::member m;
    m.id = id;
    m.data.role = cluster::role::store;
    m.data.api_port = 7650;
    m.data.gossip = *cluster::make_address("10.0.0." + std::to_string(host), 7659);
    m.since = boot_time(50min);
    members.push_back(m);
  }
  void dies(std::size_t i) { members[i].state = cluster::state::dead; }
};

}  // namespace

TEST_CASE("outlook: where all are there, answers are full", "[node]") {
  CHECK(outlook(outlook_world()).state == coverage_state::full);
  CHECK(replaced_members(outlook_world()).empty());
}

TEST_CASE("outlook: one store less than copies: complete; two: they may lack records", "[node]") {
  outlook_world w;
  w.dies(1);
  CHECK(outlook(w).state == coverage_state::degraded);
  CHECK(outlook(w).missing.size() == 1);
  w.dies(2);
  CHECK(outlook(w).state == coverage_state::partial);
}

TEST_CASE("outlook: a store that gossip has forgotten is missed all the same", "[node]") {
  outlook_world w;
  w.members.pop_back();
  const coverage c = outlook(w);
  CHECK(c.state == coverage_state::degraded);
  REQUIRE(c.missing.size() == 1);
  CHECK(c.missing[0].find(format(C)) != std::string::npos);
}

TEST_CASE("outlook: who has another's address is named, with what an operator may say", "[node]") {
  outlook_world w;
  w.dies(2);
  CHECK(replaced_members(w).empty());
  w.add(D, 3);
  const auto said = replaced_members(w);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("`oklog forget -accept-loss " + format(C) + "`") != std::string::npos);
  CHECK(said[0].find(format(D) + " is at ") == 0);
  w.dies(3);
  CHECK(replaced_members(w).empty());
}
