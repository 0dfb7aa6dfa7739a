// What a store says that it holds.
#include "oklog/store/catalogue.h"

#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;

namespace {

struct lone_store {
  sim::disk disk;
  store_world world;
  explicit lone_store(store_config config = {}) : world(std::move(config)) {
    REQUIRE(world.open(disk));
  }
  store_log& log() { return world.log(); }
};

set_digest digest_of(const plain_records& records) {
  set_digest d;
  for (const plain_record& r : records) d.add(record_view{r.id, r.topic, r.text});
  return d;
}

constexpr std::uint64_t first_window = first_ms / window_ms;

}  // namespace

TEST_CASE("catalogue: each partition with the digest of its records and its segments", "[store]") {
  lone_store s;
  CHECK(s.log().catalogue().partitions.empty());
  REQUIRE(s.world.consume(lines(first_ms, 1, 500), 0));
  REQUIRE(s.world.consume(lines(first_ms + window_ms, 501, 300), 2));
  const store_catalogue c = s.log().catalogue();
  CHECK(c.store_id == new_store_id);
  REQUIRE(c.partitions.size() == 2);
  CHECK(c.partitions[0].where == partition{first_window, 0});
  CHECK(c.partitions[1].where == partition{first_window + 1, 2});
  CHECK(c.partitions[0].digest == digest_of(lines(first_ms, 1, 500)));
  CHECK(c.partitions[1].digest == digest_of(lines(first_ms + window_ms, 501, 300)));
  CHECK(c.partitions[0].bytes + c.partitions[1].bytes == s.log().bytes());
  for (const catalogue_partition& p : c.partitions) {
    CHECK(p.sound());
    REQUIRE(p.segments.size() == 1);
    CHECK(s.log().find(p.segments[0].name) != nullptr);
    CHECK(s.log().has_piece(p.where, p.segments[0].hash));
    CHECK(c.find(p.where) == &p);
  }
  CHECK(c.find({first_window, 1}) == nullptr);
}

TEST_CASE("catalogue: windows outside the range that was asked for are left out", "[store]") {
  lone_store s;
  for (std::uint64_t w = 0; w < 4; ++w) {
    REQUIRE(s.world.consume(lines(first_ms + w * window_ms, 1 + w * 10, 10)));
  }
  const store_catalogue c = s.log().catalogue(first_window + 1, first_window + 2);
  REQUIRE(c.partitions.size() == 2);
  CHECK(c.partitions[0].where.window == first_window + 1);
  CHECK(c.partitions[1].where.window == first_window + 2);
  CHECK(c.segments() == 2);
}

TEST_CASE("K11: equal sets have equal digests once both are settled, however they were cut",
          "[store]") {
  lone_store a;
  lone_store b;
  REQUIRE(a.world.consume(lines(first_ms, 1, 600)));
  REQUIRE(b.world.consume(lines(first_ms, 1, 400)));
  REQUIRE(b.world.consume(lines(first_ms + 200, 201, 400)));  // 200 of them twice
  const partition where{first_window, 0};
  CHECK_FALSE(b.log().describe(where)->settled);
  CHECK(a.log().describe(where)->digest != b.log().describe(where)->digest);
  for (lone_store* s : {&a, &b}) {
    s->world.clock.pass(std::chrono::hours(2));
    s->world.compact_all();
    CHECK(s->log().describe(where)->settled);
  }
  CHECK(a.log().describe(where)->digest == b.log().describe(where)->digest);
  // News make it unsettled again.
  REQUIRE(b.world.consume(lines(first_ms + 5000, 5001, 10)));
  CHECK_FALSE(b.log().describe(where)->settled);
}

TEST_CASE("catalogue: a range of ids that no segment meets is told from one that may be held",
          "[store]") {
  lone_store s;
  REQUIRE(s.world.consume(lines(first_ms + 1000, 1, 100)));
  const auto p = s.log().describe({first_window, 0});
  REQUIRE(p);
  CHECK(p->meets(ulid::lowest(first_ms), ulid::highest(first_ms + 1000)));
  CHECK(p->meets(ulid::lowest(first_ms + 1050), ulid::highest(first_ms + 1050)));
  CHECK_FALSE(p->meets(ulid::lowest(first_ms), ulid::highest(first_ms + 999)));
  CHECK_FALSE(p->meets(ulid::lowest(first_ms + 1100), ulid_max));
}

TEST_CASE("K12: below the oldest window that retention leaves nothing is wanted", "[store]") {
  store_config config;
  config.retention.retain = std::chrono::hours(10);
  lone_store s(config);
  REQUIRE(s.world.consume(lines(first_ms, 1, 10)));
  CHECK(s.log().floor() == first_window - 10);
  s.world.clock.pass(std::chrono::hours(11));
  CHECK(s.log().floor() == first_window + 1);
  CHECK(s.log().catalogue().floor == first_window + 1);
  CHECK_FALSE(s.log().has_room_for(first_window, 1));
  CHECK(s.log().has_room_for(first_window + 1, 1));
}

TEST_CASE("K12: a window that went by size is not wanted back", "[store]") {
  store_config config;
  config.retention.retain_bytes = 3000;
  lone_store s(config);
  for (std::uint64_t w = 0; w < 4; ++w) {
    REQUIRE(s.world.consume(lines(first_ms + w * window_ms, 1 + w * 1000, 300)));
  }
  const std::uint64_t each = s.log().bytes() / 4;
  REQUIRE(each * 4 > 3000);
  REQUIRE(each < 3000);
  CHECK(s.log().floor() < first_window);
  CHECK(s.world.retain().trashed > 0);
  const std::uint64_t oldest = s.log().catalogue().partitions.front().where.window;
  CHECK(oldest > first_window);
  CHECK(s.log().floor() == oldest);
  CHECK_FALSE(s.log().has_room_for(oldest - 1, 3000));
  CHECK(s.log().has_room_for(first_window + 9, 3000));
}

TEST_CASE("catalogue: one that contradicts itself is not sound", "[store]") {
  lone_store s;
  REQUIRE(s.world.consume(lines(first_ms, 1, 100)));
  const catalogue_partition good = *s.log().describe({first_window, 0});
  CHECK(good.sound());
  const auto broken = [&good](auto change) {
    catalogue_partition p = good;
    change(p);
    return !p.sound();
  };
  CHECK(broken([](catalogue_partition& p) { ++p.digest.count; }));
  CHECK(broken([](catalogue_partition& p) { ++p.bytes; }));
  CHECK(broken([](catalogue_partition& p) { p.segments.clear(); }));
  CHECK(broken([](catalogue_partition& p) { ++p.where.window; }));
  CHECK(broken([](catalogue_partition& p) { p.segments[0].max = ulid_max; }));
  CHECK(broken([](catalogue_partition& p) { std::swap(p.segments[0].min, p.segments[0].max); }));
}
