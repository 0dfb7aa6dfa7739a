// A store that lets go of a partition.
#include "oklog/store/release.h"

#include "oklog/store/containment.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;

namespace {

struct releasing_store {
  sim::disk disk;
  store_world world;
  releasing_store() {
    REQUIRE(world.open(disk));
    REQUIRE(world.consume(lines(first_ms, 1, 500)));
    REQUIRE(world.consume(lines(first_ms + 1000, 1001, 500)));
    REQUIRE(world.consume(lines(first_ms + window_ms, 2001, 500)));
    where = world.log().catalogue().partitions.front().where;
  }
  bool mark(bool on) {
    auto job = world.log().begin_mark(where, on);
    if (!job) return false;
    job->run();
    return world.log().end_mark(std::move(*job)).has_value();
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    const auto held = world.log().describe(where);
    if (!held) return all;
    for (const catalogue_segment& s : held->segments) all.push_back(s.name);
    return all;
  }
  bool release(const std::vector<std::string>& which) {
    auto job = world.log().begin_release(which);
    if (!job) return false;
    job->run();
    return world.log().end_release(std::move(*job));
  }
  partition where;
};

}  // namespace

TEST_CASE("K13: a mark stands in the catalogue, on disk, until it is cleared", "[store]") {
  releasing_store s;
  REQUIRE(s.mark(true));
  CHECK_FALSE(s.world.log().begin_mark(s.where, true));  // it is there
  CHECK(s.world.log().catalogue().partitions.front().releasing);
  CHECK_FALSE(s.world.log().catalogue().partitions.back().releasing);
  s.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
    INFO(what);
    store_world after;
    REQUIRE(after.open(image));
    CHECK(after.log().describe(s.where)->releasing);
    CHECK(after.contents().size() == 1500);
  });
  REQUIRE(s.mark(false));
  REQUIRE(s.world.open(s.disk));
  CHECK(s.world.log().marked().empty());
}

TEST_CASE("K13: a marked partition is still read, and is not compacted", "[store]") {
  releasing_store s;
  REQUIRE(s.mark(true));
  s.world.clock.pass(std::chrono::hours(5));
  s.world.compact_all();
  CHECK(s.names().size() == 2);
  CHECK(s.world.contents().size() == 1500);
  REQUIRE(s.mark(false));
  s.world.compact_all();
  CHECK(s.names().size() == 1);
}

TEST_CASE("K13: what was asked about goes to the trash, and nothing else", "[store]") {
  releasing_store s;
  CHECK_FALSE(s.release(s.names()));  // not marked
  REQUIRE(s.mark(true));
  const auto asked = s.names();
  REQUIRE(s.world.consume(lines(first_ms + 2000, 5001, 100)));
  REQUIRE(s.release(asked));
  CHECK(s.names().size() == 1);
  CHECK(s.world.contents().size() == 600);
  CHECK_FALSE(s.release(asked));
  s.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
    INFO(what);
    store_world after;
    REQUIRE(after.open(image));
    CHECK(after.log().quarantined() == 0);
    const std::size_t n = after.contents().size();
    CHECK((n == 600 || n == 1100 || n == 1600));
  });
}

TEST_CASE("K12: what was let go of says nothing of retention, and is purged like its trash",
          "[store]") {
  releasing_store s;
  const std::uint64_t floor = s.world.log().floor();
  REQUIRE(s.mark(true));
  REQUIRE(s.release(s.names()));
  CHECK(s.world.log().floor() == floor);
  CHECK(s.world.log().totals().trash_bytes > 0);
  REQUIRE(s.world.open(s.disk));
  CHECK(s.world.log().floor() == floor);
  CHECK(s.world.log().totals().trash_bytes > 0);
  CHECK(s.world.log().marked().empty());
  for (int hour = 0; hour < 30; ++hour) {
    s.world.clock.pass(std::chrono::hours(1));
    (void)s.world.retain();
  }
  CHECK(s.world.log().totals().trash_bytes == 0);
  for (const std::string& f : s.disk.files()) CHECK(f.find("released") == f.npos);
}

TEST_CASE("K13: held is what sound segments hold, record by record", "[store]") {
  releasing_store s;
  const segment_ptr first = s.world.log().live().front();
  const auto rows = records_of(first->block(0), 100);
  REQUIRE(rows);
  REQUIRE(rows->size() == (first->footer.blocks[0].header.records + 99) / 100);
  sim::disk disk;
  store_world other;
  REQUIRE(other.open(disk));
  auto some = lines(first_ms, 1, 500);
  REQUIRE(other.consume(some));
  for (const some_records& r : *rows) CHECK(*hold(other.log().live(), r));
  const segment_ptr held = other.log().live().front();
  some_records more = rows->front();
  more.hashes.push_back({1, 2});
  CHECK_FALSE(*hold({held}, more));
  CHECK_FALSE(*hold({}, rows->front()));
  some_records elsewhere = rows->front();
  elsewhere.topic = "other";
  CHECK_FALSE(*hold({held}, elsewhere));
}

TEST_CASE("K13: a damaged releasing.json marks nothing", "[store]") {
  releasing_store s;
  for (const char* text : {"", "{", "7", "{}", "[1,{\"window\":-1,\"shard\":0},{\"window\":1}]"}) {
    s.disk.plant_file(std::string("/store/") + releasing_name, text);
    REQUIRE(s.world.open(s.disk));
    CHECK(s.world.log().marked().empty());
  }
}
