// Whole histories: they can be replayed, and kinds of faults can be left out one by one. Many more
// are run by `simulate cluster` (docs/simulation.md).
#include "oklog/history/history.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::history;
using namespace std::chrono_literals;

namespace {

plan_options some_history(std::uint64_t seed) {
  plan_options o;
  o.seed = seed;
  o.nodes = 3;
  o.trouble = 30s;
  return o;
}

}  // namespace

TEST_CASE("history: the same seed gives the same history, and another one another",
          "[history][sim]") {
  const outcome first = run_history(draw_plan(some_history(3)));
  const outcome again = run_history(draw_plan(some_history(3)));
  const outcome other = run_history(draw_plan(some_history(4)));
  INFO(first.failure << other.failure);
  CHECK(first.failure.empty());
  CHECK(first.hash == again.hash);
  CHECK(first.events == again.events);
  CHECK(first.hash != other.hash);
  CHECK(first.lines_kept > 0);
  CHECK(first.commits > 0);
  CHECK(first.full + first.degraded + first.partial > 0);
}

TEST_CASE("history: a kind of fault that is left out changes nothing about the others",
          "[history]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    plan_options o;
    o.seed = seed;
    const plan all = draw_plan(o);
    o.faults.erase(fault::crash);
    const plan less = draw_plan(o);
    CHECK(all.roles == less.roles);
    std::vector<std::string> of_all;
    std::vector<std::string> of_less;
    for (const fault_event& e : all.events) {
      if (e.what != fault::crash) of_all.push_back(describe(e));
    }
    for (const fault_event& e : less.events) of_less.push_back(describe(e));
    CHECK(of_all == of_less);
  }
}

TEST_CASE("history: single events can be left out by their number", "[history]") {
  plan_options o;
  while (draw_plan(o).events.size() < 3) ++o.seed;
  const plan all = draw_plan(o);
  o.without = {0, 2};
  const plan less = draw_plan(o);
  REQUIRE(less.events.size() == all.events.size() - 2);
  CHECK(less.events[0].number == 1);
  CHECK(describe(less.events[0]) == describe(all.events[1]));
}

TEST_CASE("history: every kind of fault has a name that is read again", "[history]") {
  for (const fault f : all_faults) CHECK(parse_fault(name(f)) == f);
  CHECK_FALSE(parse_fault("rain"));
}
