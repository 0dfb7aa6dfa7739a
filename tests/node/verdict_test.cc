#include "node/verdict.h"

#include <catch2/catch.hpp>

#include "node/lettered_ids.h"

using namespace oklog;
using namespace oklog::node;
using cluster::role;
using cluster::state;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t now_ms = 1'700'000'000'000;
constexpr std::uint64_t minute_ms = 60'000;

// Three stores with two copies each, and an ingester beside them; all answered.
struct judged_world {
  roll_call called;
  accounting who;

  judged_world() {
    who.now = wall_time(std::chrono::milliseconds(now_ms));
    who.boot = boot_time(1h);
    who.from_ms = now_ms - 60 * minute_ms;
    who.to_ms = now_ms;
    for (const ulid& id : {A, B, C}) {
      add_store(id);
      answers(id);
    }
    cluster::ingester_entry in;
    in.id = I;
    in.starts = 1;
    in.low_water = {1, 1, now_ms - 5 * minute_ms};
    who.roster.put(in);
    add_member(I, role::ingest);
    called.expect_ingester(format(I), "ingester I");
  }

  void add_store(const ulid& id, std::uint8_t proved = 2) {
    cluster::store_entry e;
    e.id = id;
    e.revision = ++revision;
    e.factor = 2;
    e.proved = proved;
    e.admitted = true;
    REQUIRE(who.roster.put(e));
    if (member(id) == nullptr) add_member(id, role::store);
  }
  void add_member(const ulid& id, role r) {
    cluster::member m;
    m.id = id;
    m.data.role = r;
    m.since = boot_time(50min);
    who.members.push_back(m);
  }
  cluster::member* member(const ulid& id) {
    for (auto& m : who.members) {
      if (m.id == id) return &m;
    }
    return nullptr;
  }
  void answers(const ulid& id) { called.expect_store(format(id), "store " + format(id)); }
  void fails(const ulid& id) { called.store_failed(format(id), "refused"); }
  coverage judged() const { return verdict(called, who); }
  coverage_state state_of() const { return judged().state; }
  bool names(const std::string& text) const {
    for (const std::string& s : judged().missing) {
      if (s.find(text) != s.npos) return true;
    }
    return false;
  }
  std::uint64_t revision = 0;
};

}  // namespace

TEST_CASE("K19: full, where every store and every ingester answered") {
  const judged_world w;
  CHECK(w.state_of() == coverage_state::full);
  CHECK(w.judged().missing.empty());
}

TEST_CASE("K19: fewer stores missing than copies is degraded, as many are partial; all are named") {
  judged_world w;
  w.fails(B);
  CHECK(w.state_of() == coverage_state::degraded);
  CHECK(w.names(format(B) + ": refused"));
  w.fails(C);
  CHECK(w.state_of() == coverage_state::partial);
  CHECK(w.names(format(C) + ": refused"));
}

TEST_CASE("K19: a store of the roster that gossip has forgotten is missing all the same") {
  judged_world w;
  w.add_store(D);
  std::erase_if(w.who.members, [](const auto& m) { return m.id == D; });
  CHECK(w.state_of() == coverage_state::degraded);
  CHECK(w.names(format(D) + ": not seen since this node started"));
}

TEST_CASE("K15: a dead store counts as missing until it is retired") {
  judged_world w;
  w.add_store(D);
  w.member(D)->state = state::dead;
  CHECK(w.state_of() == coverage_state::degraded);
  CHECK(w.names("dead since "));
  w.who.roster.retire(D, {1, 0});
  CHECK(w.state_of() == coverage_state::full);
}

TEST_CASE("K15: where one store has proved one copy only, one that is missing makes it partial") {
  judged_world w;
  w.add_store(A, 1);
  w.fails(B);
  CHECK(w.state_of() == coverage_state::partial);
}

TEST_CASE("K19: an ingester that does not answer makes partial what meets its backlog, no more") {
  judged_world w;
  w.called.ingester_failed(format(I), "refused");
  w.member(I)->state = state::dead;
  w.member(I)->since = w.who.boot - 2min;
  CHECK(w.state_of() == coverage_state::partial);
  CHECK(w.names("refused: what it took from 2023-11-14T22:08:20Z to 2023-11-14T22:16:20Z"));
  w.who.to_ms = now_ms - 6 * minute_ms;  // before its low-water mark
  CHECK(w.state_of() == coverage_state::full);
  w.who.to_ms = now_ms + 60 * minute_ms;
  w.who.from_ms = now_ms + 4 * minute_ms;  // after its death, clocks allowed for
  CHECK(w.state_of() == coverage_state::full);
}

TEST_CASE("K19: a dead ingester whose clock was far ahead makes partial what it may have taken") {
  judged_world w;
  w.called.ingester_failed(format(I), "refused");
  w.member(I)->state = state::dead;
  w.member(I)->since = boot_time(30min);
  w.who.from_ms = now_ms - 2 * minute_ms;
  CHECK(w.state_of() == coverage_state::partial);  // its low-water mark lies in the window
  w.who.from_ms = now_ms + minute_ms;
  w.who.to_ms = now_ms + 2 * minute_ms;
  CHECK(w.state_of() == coverage_state::full);
}

TEST_CASE("K19: an ingester that is not asked, since nobody knows where it is, is missed") {
  judged_world w;
  w.called = {};
  for (const ulid& id : {A, B, C}) w.answers(id);
  std::erase_if(w.who.members, [](const auto& m) { return m.id == I; });
  CHECK(w.state_of() == coverage_state::partial);
  CHECK(w.names("ingester " + format(I) + ": not seen since this node started"));
}

TEST_CASE("K19: an ingester that left with an empty queue is not missed, one that is given up is") {
  judged_world w;
  w.called = {};
  for (const ulid& id : {A, B, C}) w.answers(id);
  w.member(I)->state = state::left;
  CHECK(w.state_of() == coverage_state::partial);
  cluster::ingester_entry in = w.who.roster.ingesters().at(I);
  const judged_world kept = w;
  in.handed_over = true;
  w.who.roster.put(in);
  CHECK(w.state_of() == coverage_state::full);
  CHECK(w.judged().given_up.empty());
  w = kept;
  in.handed_over = false;
  in.given_up = in.starts;
  in.given_up_ms = now_ms - minute_ms;
  w.who.roster.put(in);
  CHECK(w.state_of() == coverage_state::full);
  REQUIRE(w.judged().given_up.size() == 1);
  CHECK(w.judged().given_up.front().starts_with("ingester " + format(I) + " was given up at "));
}

TEST_CASE("K15: what was given up by hand is said for as long as an answer may lack it") {
  judged_world w;
  w.add_store(D);
  w.member(D)->state = state::dead;
  w.who.roster.retire(D, {1, now_ms - 30 * minute_ms});
  CHECK(w.state_of() == coverage_state::full);
  CHECK(w.judged().given_up.size() == 1);
  w.who.from_ms = now_ms;  // all that it held is older
  CHECK(w.judged().given_up.empty());
}

TEST_CASE("K14: a store that is not admitted yet promises nothing") {
  judged_world w;
  cluster::store_entry own = *w.who.roster.store(A);
  own.admitted = false;
  ++own.revision;
  own.epoch = 2;
  w.who.roster.put(own);
  CHECK(w.state_of() == coverage_state::partial);
  CHECK(w.names("not admitted"));
}

TEST_CASE("K19: a doubt, and a store that nobody lists and that fails, make it partial") {
  judged_world doubtful;
  doubtful.called.doubt("no peer has answered");
  CHECK(doubtful.state_of() == coverage_state::partial);
  judged_world w;
  w.called.expect_store(format(D), "store D");
  CHECK(w.state_of() == coverage_state::full);
  w.fails(D);
  w.fails(C);
  CHECK(w.state_of() == coverage_state::partial);
}
