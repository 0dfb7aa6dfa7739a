#include "oklog/cluster/roster.h"

#include <catch2/catch.hpp>

#include "oklog/base/prng.h"

using namespace oklog;
using namespace oklog::cluster;

namespace {

constexpr ulid A{1, 1}, B{1, 2}, C{1, 3}, D{1, 4}, E{1, 5};

store_entry admitted(const ulid& id, std::uint8_t factor = 2, std::uint8_t proved = 2) {
  store_entry e;
  e.id = id;
  e.revision = 1;
  e.factor = factor;
  e.proved = proved;
  e.admitted = true;
  return e;
}

roster of(std::initializer_list<store_entry> entries) {
  roster r;
  for (const store_entry& e : entries) REQUIRE(r.put(e));
  return r;
}

store_entry holding_for_gone(store_entry e, std::vector<store_life> gone) {
  e.gone = std::move(gone);
  return e;
}

// It has found all that it holds on enough stores, none of which is one of `gone`.
store_entry clean(store_entry e, std::vector<store_life> gone) {
  e.gone = gone;
  e.clean_knew = std::move(gone);
  return e;
}

store_entry drawn(prng& random) {
  store_entry e = admitted({1, random.next() % 4});
  e.epoch = 1 + random.next() % 3;
  e.revision = random.next() % 4;
  // Only its owner writes an entry: what stands in it follows from epoch and revision.
  e.proved = static_cast<std::uint8_t>(e.epoch * 4 + e.revision);
  return e;
}

roster drawn_roster(prng& random) {
  roster r;
  for (int i = 0; i < 4; ++i) r.put(drawn(random));
  r.retire({1, random.next() % 4}, {random.next() % 3, random.next() % 2});
  ingester_entry in;
  in.id = {2, random.next() % 2};
  in.starts = random.next() % 3;
  in.handed_over = random.next() % 2 == 0;
  r.put(in);
  return r;
}

}  // namespace

TEST_CASE("roster: merging is a union, whatever the order and however often") {
  const ulid nobody{9, 9};
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    prng random(seed);
    const roster x = drawn_roster(random);
    const roster y = drawn_roster(random);
    const roster z = drawn_roster(random);
    roster one = x;
    one.merge(y, nobody);
    one.merge(z, nobody);
    roster other = z;
    other.merge(x, nobody);
    other.merge(y, nobody);
    other.merge(x, nobody);
    CHECK(one == other);
    CHECK_FALSE(one.merge(y, nobody));
  }
}

TEST_CASE("roster: of its own entry a store believes nobody") {
  roster mine = of({admitted(A)});
  store_entry forged = admitted(A);
  forged.epoch = 9;
  CHECK_FALSE(mine.merge(of({forged}), A));
  CHECK(mine.store(A)->epoch == 1);
}

TEST_CASE("roster: K14: the first store admits itself, a second one once the first knows it") {
  store_entry fresh = admitted(B);
  fresh.admitted = false;
  CHECK(of({fresh}).may_admit(B, {}, {}));
  const roster two = of({admitted(A), fresh});
  CHECK_FALSE(two.may_admit(B, {}, {}));
  CHECK(two.may_admit(B, {A}, {}));
}

TEST_CASE("roster: K14: of stores that start together one begins, and the others need it") {
  store_entry a = admitted(A), b = admitted(B);
  a.admitted = b.admitted = false;
  const roster both = of({a, b});
  CHECK(both.may_admit(A, {}, {}));
  CHECK_FALSE(both.may_admit(B, {A}, {}));
  CHECK(both.may_admit(B, {}, {A}));  // unless that one has died before it began
}

TEST_CASE("roster: K14: a store that joined on one side of a cut is no replica yet") {
  // A | B, C; E knows A alone: two of the others must know it.
  store_entry e = admitted(E);
  e.admitted = false;
  const roster seen = of({admitted(A), admitted(B), admitted(C), e});
  CHECK_FALSE(seen.may_admit(E, {A}, {}));
  CHECK(seen.may_admit(E, {A, C}, {}));
  CHECK_FALSE(seen.may_admit(E, {A, D}, {}));  // D is nobody
}

TEST_CASE("roster: K15: a gone store is retired once all others have proved that nobody needs it") {
  const store_life c{C, 1};
  const roster half =
      of({clean(admitted(A), {c}), holding_for_gone(admitted(B), {c}), admitted(C)});
  CHECK(half.retirable(A).empty());
  roster all = of({clean(admitted(A), {c}), clean(admitted(B), {c}), admitted(C)});
  REQUIRE(all.retirable(A) == std::vector<store_life>{c});
  CHECK(all.counts(C));
  CHECK(all.retire(C, {1, 0}));
  CHECK_FALSE(all.counts(C));
}

TEST_CASE("roster: K15: A's disk dies, B crashes before repair is done: A is not retired") {
  const store_life a{A, 1};
  // C knew that A is gone, B never said so: what A held may be with B alone.
  const roster r = of({admitted(A), admitted(B), clean(admitted(C), {a})});
  CHECK(r.retirable(C).empty());
}

TEST_CASE("roster: K15: as many gone as there are copies are never retired, one by one they are") {
  const store_life c{C, 1}, d{D, 1};
  const roster both =
      of({clean(admitted(A), {c, d}), clean(admitted(B), {c, d}), admitted(C), admitted(D)});
  CHECK(both.retirable(A).empty());
  // D had proved that C is not needed before it went itself.
  const roster later = of({clean(admitted(A), {c, d}), clean(admitted(B), {c, d}), admitted(C),
                           clean(admitted(D), {c})});
  CHECK(later.retirable(A) == std::vector<store_life>{c});
}

TEST_CASE("roster: K15: nothing is retired on the word of stores that have one copy only") {
  const store_life c{C, 1};
  const roster r = of({clean(admitted(A, 2, 1), {c}), clean(admitted(B), {c}), admitted(C)});
  CHECK(r.retirable(A).empty());
}

TEST_CASE("roster: K15: a store that comes back counts again, in a new epoch") {
  roster r = of({admitted(A), admitted(B)});
  r.retire(B, {1, 0});
  REQUIRE_FALSE(r.counts(B));
  store_entry back = admitted(B);
  back.epoch = 2;
  back.admitted = false;
  CHECK(r.put(back));
  CHECK(r.counts(B));
  CHECK(r.retired({B, 1}));
}

TEST_CASE("roster: K15: what may be missing is what the least sure store has proved") {
  CHECK(roster().proved_copies() == 0);
  CHECK(of({admitted(A, 3, 3), admitted(B, 2, 3)}).proved_copies() == 3);
  CHECK(of({admitted(A, 3, 3), admitted(B, 3, 1)}).proved_copies() == 1);
  CHECK(of({admitted(A, 2, 5)}).proved_copies() == 2);
}

TEST_CASE("roster: an ingester that handed everything over counts again when it starts again") {
  roster r;
  ingester_entry in;
  in.id = E;
  in.starts = 4;
  REQUIRE(r.put(in));
  in.handed_over = true;
  REQUIRE(r.put(in));
  in.handed_over = false;
  CHECK_FALSE(r.put(in));  // old news
  CHECK(r.ingesters().at(E).handed_over);
  in.starts = 5;
  CHECK(r.put(in));
  CHECK_FALSE(r.ingesters().at(E).handed_over);
}

TEST_CASE("roster: an ingester's last word on its backlog holds, also where its clock went back") {
  roster r;
  ingester_entry in;
  in.id = E;
  in.low_water = {1, 1000, 10 * low_water_step_ms};
  REQUIRE(r.put(in));
  in.low_water = {1, 3000, 3 * low_water_step_ms};
  CHECK(r.put(in));
  in.low_water = {1, 2500, 20 * low_water_step_ms};
  CHECK_FALSE(r.put(in));
  CHECK(r.ingesters().at(E).low_water.ms == 3 * low_water_step_ms);
}

TEST_CASE("roster: what a store takes down of a backlog goes in steps, and all come to the same") {
  const low_water before{1, 1000, 10 * low_water_step_ms};
  CHECK_FALSE(low_water{1, 2000, 11 * low_water_step_ms - 1}.worth_saying(before));
  CHECK(low_water{1, 2000, 11 * low_water_step_ms}.worth_saying(before));
  CHECK(low_water{1, 2000, 10 * low_water_step_ms - 1}.worth_saying(before));
  CHECK_FALSE(low_water{1, 500, 20 * low_water_step_ms}.worth_saying(before));  // an older word
  roster a;
  roster b;
  ingester_entry in;
  in.id = E;
  in.low_water = before;
  REQUIRE(a.put(in));
  in.low_water = {1, 2000, before.ms + 1};
  REQUIRE(b.put(in));
  a.merge(b, A);
  b.merge(a, B);
  CHECK(a == b);
}

TEST_CASE("roster: lists that are no sorted sets make no entry") {
  store_entry e = admitted(A);
  e.gone = {{C, 1}, {B, 1}};
  CHECK_FALSE(roster().put(e));
  e.gone.assign(roster_gone_max + 1, {});
  CHECK_FALSE(roster().put(e));
}
