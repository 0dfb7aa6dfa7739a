// From who answered to what an answer covers.
#include "node/verdict.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::node;

namespace {

// As an ingester that knows no roster would judge.
coverage verdict(const roll_call& r) {
  accounting who;
  who.members.resize(1);
  who.members.front().data.role = cluster::role::ingest;
  return node::verdict(r, who);
}

roll_call three() {
  roll_call r;
  r.expect_store("A", "store A at a:1");
  r.expect_store("B", "store B at b:1");
  r.expect_ingester("C", "ingester C at c:1");
  return r;
}

}  // namespace

TEST_CASE("roll call: all answered in full", "[node]") {
  const coverage c = verdict(three());
  CHECK(c.state == coverage_state::full);
  CHECK(c.missing.empty());
}

TEST_CASE("roll call: who did not answer is named, with the reason", "[node]") {
  roll_call r = three();
  r.store_failed("B", "refused");
  r.ingester_failed("C", "silent");
  CHECK(r.stores().at("A").fully());
  CHECK_FALSE(r.stores().at("B").fully());
  const coverage c = verdict(r);
  CHECK(c.state == coverage_state::partial);
  CHECK(c.missing ==
        std::vector<std::string>{"ingester C at c:1: silent", "store B at b:1: refused"});
}

TEST_CASE("K20: a store that says that it lacks something has not answered in full", "[node]") {
  roll_call r = three();
  coverage own;
  own.add_missing("2 damaged files");
  r.store_said("A", own);
  CHECK_FALSE(r.stores().at("A").fully());
  CHECK(verdict(r).state == coverage_state::partial);
  roll_call other = three();
  coverage silent;
  silent.state = coverage_state::degraded;
  other.store_said("A", silent);
  CHECK_FALSE(other.stores().at("A").fully());
}

TEST_CASE("roll call: the same of both halves of a node is said once, doubts come first",
          "[node]") {
  roll_call r;
  r.expect_store("A", "ingeststore A at a:1");
  r.expect_ingester("A", "ingeststore A at a:1");
  r.store_failed("A", "dead since then");
  r.ingester_failed("A", "dead since then");
  r.store_failed("A", "dead since then");
  r.doubt("nobody is known");
  CHECK(verdict(r).missing ==
        std::vector<std::string>{"nobody is known", "ingeststore A at a:1: dead since then"});
}

TEST_CASE("roll call: an answer holds from the latest of its parts' beginnings on", "[node]") {
  roll_call r = three();
  coverage early, late;
  early.since = wall_time(std::chrono::hours(1));
  late.since = wall_time(std::chrono::hours(2));
  r.store_said("A", late);
  r.store_said("A", early);
  r.store_said("B", early);
  CHECK(verdict(r).since == late.since);
}
