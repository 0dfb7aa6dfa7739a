// Which pieces a store lacks, and how many partitions have too few copies.
#include "node/repair_plan.h"

#include <catch2/catch.hpp>

#include "oklog/base/ulid.h"
#include "oklog/store/placement.h"

namespace oklog::node {
namespace {

const std::string a = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const std::string b = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const std::string c = "01CX5ZZKBKACTAV9WEVGEMMVRZ";
constexpr std::uint64_t window = 480'000;

// A piece of the records numbered from `from` on, one a millisecond.
catalogue_segment piece(std::uint64_t from, std::uint64_t count, std::uint64_t hash) {
  const std::uint64_t ms = window * window_ms + from;
  const ulid min = ulid::make(ms, 1, 1);
  const ulid max = ulid::make(ms + count - 1, 1, 1);
  return {"piece-" + std::to_string(hash), hash128{0, hash}, count, 100, min, max};
}

catalogue_partition part(std::vector<catalogue_segment> pieces, std::uint64_t sum,
                         bool settled = true) {
  catalogue_partition p;
  p.where = {window, 0};
  p.digest.sum = {0, sum};
  for (const catalogue_segment& s : pieces) {
    p.digest.count += s.records;
    p.bytes += s.bytes;
  }
  p.segments = std::move(pieces);
  p.settled = settled;
  return p;
}

// Factor 2; this store is `a`; nothing has changed since the last pass.
struct planned_stores {
  repair_view view;
  explicit planned_stores(std::vector<catalogue_partition> own) {
    view.own = {a, 0, std::move(own)};
    view.old[a] = view.own;
    view.homes = {a};
    view.factor = 2;
  }
  void add(const std::string& id, std::vector<catalogue_partition> held) {
    view.others.push_back({id + ":7650", {id, 0, std::move(held)}});
    view.old[id] = view.others.back().held;
    view.homes.push_back(id);
  }
  // The hashes of what is wanted.
  std::vector<std::uint64_t> wanted() const {
    std::vector<std::uint64_t> hashes;
    for (const repair_task& t : plan_repair(view).tasks) {
      for (const repair_copy& from : t.copies) {
        for (const catalogue_segment& s : from.segments) hashes.push_back(s.hash.lo);
      }
    }
    return hashes;
  }
  std::size_t under_replicated() const { return plan_repair(view).under_replicated.size(); }
};

using hashes = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("repair: a store that lacks a partition wants all of it", "[node]") {
  planned_stores s({});
  s.add(b, {part({piece(0, 10, 1), piece(5, 10, 2)}, 7, false)});
  CHECK(s.wanted() == hashes{1, 2});
  CHECK(s.under_replicated() == 1);
}

TEST_CASE("repair: equal digests want nothing, however the pieces are cut", "[node]") {
  planned_stores s({part({piece(0, 20, 1)}, 7)});
  s.add(b, {part({piece(0, 10, 2), piece(10, 10, 3)}, 7)});
  CHECK(s.wanted().empty());
  CHECK(s.under_replicated() == 0);
}

TEST_CASE("repair: what was not listed a pass ago is on its way and is not fetched", "[node]") {
  planned_stores s({});
  s.add(b, {part({piece(0, 10, 1), piece(20, 10, 2)}, 7, false)});
  s.view.old[b].partitions = {part({piece(0, 10, 1)}, 6, false)};
  CHECK(s.wanted() == hashes{1});
  s.view.old.clear();
  CHECK(s.wanted().empty());
}

TEST_CASE("repair: of a partition that is written to only what meets nothing here is wanted",
          "[node]") {
  planned_stores s({part({piece(100, 50, 1)}, 7, false)});
  s.add(b, {part({piece(0, 50, 2), piece(90, 50, 3), piece(149, 9, 4), piece(150, 9, 5)}, 8)});
  CHECK(s.wanted() == hashes{2, 5});
}

TEST_CASE("repair: of a partition that is written to a gap is wanted, and the copy does not count",
          "[node]") {
  // We came in the middle of the hour; the other has merged what was before with what came since.
  planned_stores s({part({piece(100, 50, 1)}, 7, false)});
  s.add(b, {part({piece(0, 160, 2)}, 8, false)});
  s.view.old[b].partitions.front().digest.sum = {0, 9};  // it changes all the time
  CHECK(s.wanted() == hashes{2});
  CHECK(s.under_replicated() == 1);
  planned_stores whole({part({piece(0, 150, 1)}, 7, false)});
  whole.add(b, {part({piece(0, 140, 2), piece(140, 10, 3)}, 8, false)});
  whole.view.old[b].partitions.front().digest.sum = {0, 9};
  CHECK(whole.wanted().empty());
  CHECK(whole.under_replicated() == 0);
}

TEST_CASE("repair: what meets records that were asked for in vain is wanted, whatever counts say",
          "[node]") {
  planned_stores s({part({piece(0, 90, 1)}, 7, false)});
  s.add(b, {part({piece(0, 50, 2), piece(60, 20, 3)}, 8, false)});
  CHECK(s.wanted().empty());
  const std::uint64_t ms = window * window_ms + 70;
  s.view.gaps[{window, 0}].emplace_back(ulid::make(ms, 0, 0), ulid::make(ms + 5, 0, 0));
  CHECK(s.wanted() == hashes{3});
}

TEST_CASE("K11: where settled sets differ all of the other is wanted", "[node]") {
  planned_stores s({part({piece(0, 50, 1)}, 7)});
  s.add(b, {part({piece(0, 50, 2)}, 8)});  // as many, and others
  CHECK(s.wanted() == hashes{2});
  CHECK(s.under_replicated() == 1);
  SECTION("not while this store's copy changes") {
    s.view.old[a].partitions = {part({piece(0, 40, 1)}, 6)};
    CHECK(s.wanted().empty());
    CHECK(s.under_replicated() == 0);  // unknown: it is written to, and both list it
  }
  SECTION("nor while the other's does") {
    s.view.old[b].partitions = {part({piece(0, 50, 2)}, 9)};
    CHECK(s.wanted().empty());
  }
  SECTION("nor before both have merged their copies") {
    s.view.own.partitions[0].settled = false;
    CHECK(s.wanted().empty());
  }
}

TEST_CASE("repair: the smaller of two homes takes first, and is not waited for for ever",
          "[node]") {
  planned_stores s({part({piece(0, 50, 1)}, 7)});
  s.add(b, {part({piece(0, 40, 2)}, 8)});
  s.view.patience = 3;
  for (int pass = 0; pass < 3; ++pass) {
    repair_plan p = plan_repair(s.view);
    CHECK(p.tasks.empty());
    s.view.waits = std::move(p.waits);
  }
  CHECK(s.wanted() == hashes{2});
  // One that is no home takes nothing: its copy is fetched at once.
  s.view.waits.clear();
  s.view.homes = {a, c};
  CHECK(s.wanted() == hashes{2});
}

TEST_CASE("K7: a full store is no home of what it lacks, but of what it holds, or may hold",
          "[node]") {
  const catalogue_partition p = part({piece(0, 10, 1)}, 7);
  const auto ranked = rank_stores(p.where, {a, b, c});
  const std::string& next = ranked[2];  // home only where one before it is not
  const auto wanted_by_next = [&](bool holds, bool answers, bool full) {
    planned_stores s({});
    s.view.own.store_id = next;
    s.view.old[next] = s.view.own;
    s.view.homes = {next};
    s.add(ranked[1], {p});
    if (answers) s.add(ranked[0], holds ? std::vector{p} : std::vector<catalogue_partition>{});
    s.view.homes = {a, b, c};
    if (full) s.view.full = {ranked[0]};
    return s.wanted().size();
  };
  CHECK(wanted_by_next(false, true, true) == 1);
  CHECK(wanted_by_next(false, true, false) == 0);
  CHECK(wanted_by_next(true, true, true) == 0);
  CHECK(wanted_by_next(false, false, true) == 0);
}

TEST_CASE("K7: a store outside the home set wants nothing", "[node]") {
  std::vector<std::string> ids{a, b, c};
  std::size_t homes = 0;
  for (std::uint32_t shard = 0; shard < 60; ++shard) {
    catalogue_partition p = part({piece(0, 10, 1)}, 7);
    p.where.shard = shard;
    planned_stores s({});
    s.add(b, {p});
    s.add(c, {p});
    const auto set = write_set(p.where, ids, 2);
    const bool home = std::find(set.begin(), set.end(), a) != set.end();
    homes += home ? 1 : 0;
    CHECK(s.wanted().empty() == !home);
    CHECK(s.under_replicated() == 0);
  }
  CHECK(homes > 20);
  CHECK(homes < 60);
}

TEST_CASE("repair: the copy with the most records comes first", "[node]") {
  planned_stores s({});
  s.add(b, {part({piece(0, 10, 1)}, 7)});
  s.add(c, {part({piece(0, 20, 2)}, 8)});
  s.view.factor = 3;
  CHECK(s.wanted() == hashes{2, 1});
  CHECK(s.under_replicated() == 1);
}

TEST_CASE("K12: below the floor nothing is wanted or missed", "[node]") {
  planned_stores s({});
  s.add(b, {part({piece(0, 10, 1)}, 7)});
  s.view.own.floor = window + 1;
  CHECK(s.wanted().empty());
  CHECK(s.under_replicated() == 0);
  // A store that would throw it away counts as if it had it.
  planned_stores keeps({part({piece(0, 10, 1)}, 7)});
  keeps.add(b, {});
  CHECK(keeps.under_replicated() == 1);
  keeps.view.others[0].held.floor = window + 1;
  CHECK(keeps.under_replicated() == 0);
}

TEST_CASE("repair: a lone store that wants two copies says that it has one", "[node]") {
  planned_stores s({part({piece(0, 10, 1)}, 7)});
  CHECK(s.under_replicated() == 1);
  s.view.factor = 1;
  CHECK(s.under_replicated() == 0);
}

}  // namespace oklog::node
