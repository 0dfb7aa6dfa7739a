#include "oklog/store/retention.h"

#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t w = 480'000;
wall_time hour(std::uint64_t window) {
  return from_unix_ms(static_cast<std::int64_t>(window * window_ms));
}
using windows = std::vector<std::uint64_t>;

store_config retaining(duration retain, std::uint64_t bytes, duration purge) {
  store_config c;
  c.retention = {retain, bytes, purge};
  return c;
}

}  // namespace

TEST_CASE("K12, R8: only whole windows go, when their last moment is past", "[store]") {
  const std::vector<window_bytes> held{{w, 10}, {w + 1, 10}, {w + 2, 10}};
  const retention_config config{2h, 0, 24h};
  CHECK(plan_retention(held, hour(w + 3) - 1ms, config).empty());
  CHECK(plan_retention(held, hour(w + 3), config) == windows{w});
  CHECK(plan_retention(held, hour(w + 4) + 30min, config) == windows{w, w + 1});
  CHECK(plan_retention(held, hour(w + 9), config) == windows{w, w + 1, w + 2});
  CHECK(plan_retention(held, from_unix_ms(0), config).empty());
  CHECK(plan_retention({}, hour(w), config).empty());
}

TEST_CASE("D31: by size the oldest windows go until the rest fits, never the newest", "[store]") {
  const std::vector<window_bytes> held{{w, 10}, {w + 1, 20}, {w + 2, 30}};
  const auto by_size = [&](std::uint64_t bytes) {
    return plan_retention(held, hour(w + 3), {1000h, bytes, 24h});
  };
  CHECK(by_size(0).empty());
  CHECK(by_size(60).empty());
  CHECK(by_size(59) == windows{w});
  CHECK(by_size(50) == windows{w});
  CHECK(by_size(49) == windows{w, w + 1});
  CHECK(by_size(1) == windows{w, w + 1});
}

TEST_CASE("R8: a jump of the wall clock by more than an hour freezes retention for a day",
          "[store]") {
  wall_time wall = hour(w);
  boot_time boot{1h};
  clock_watch watch;
  CHECK(!watch.frozen(wall, boot));
  CHECK(!watch.frozen(wall += 59min, boot += 1min));
  const bool forward = GENERATE(true, false);
  const duration jump = forward ? duration(2h) : duration(-2h);
  CHECK(watch.frozen(wall += jump, boot += 1min));
  CHECK(watch.jumps() == 1);
  SECTION("until it has jumped back") {
    CHECK(watch.frozen(wall += 1min, boot += 1min));
    CHECK(!watch.frozen(wall -= jump, boot += 1min));
  }
  SECTION("or a day of boot time has passed") {
    CHECK(watch.frozen(wall += 23h, boot += 23h));
    CHECK(!watch.frozen(wall += 1h, boot += 1h));
    CHECK(!watch.frozen(wall += 1h, boot += 1h));
  }
  SECTION("a suspend is no jump") {
    CHECK(watch.frozen(wall += 5h, boot += 5h));
  }
}

TEST_CASE("R8: trash is purged by the time in its name, in two passes apart", "[store]") {
  const std::string name = "2024-10-04T00Z-s000-01ARZ3NDEKTSV4RRFFQ69G5FAV.flushed." +
                           std::to_string(unix_ms(hour(w))) + ".trashed";
  REQUIRE(parse_store_name(name));
  purge_watch watch;
  wall_time wall = hour(w);
  boot_time boot{1h};
  const auto due = [&] { return watch.due({name, "foreign.trashed"}, wall, boot, 24h).size(); };
  CHECK(due() == 0);
  wall += 24h;
  boot += 24h;
  CHECK(due() == 0);
  boot += 59min;
  CHECK(due() == 0);
  SECTION("an hour later it goes") {
    boot += 1min;
    CHECK(due() == 1);
  }
  SECTION("a clock that was wrong begins anew") {
    wall -= 10h;
    CHECK(due() == 0);
    wall += 10h;
    boot += 2h;
    CHECK(due() == 0);
    boot += 1h;
    CHECK(due() == 1);
  }
}

TEST_CASE("K12: past retention a window is trashed, readable by those who read it, then purged",
          "[store]") {
  sim::disk disk;
  store_world world(retaining(2h, 0, 10h));
  REQUIRE(world.open(disk));
  const plain_records old = lines(first_ms, 1, 50);
  const plain_records young = lines(first_ms + window_ms, 100, 50);
  REQUIRE(world.consume(old));
  REQUIRE(world.consume(young));
  CHECK(world.retain().trashed == 0);
  world.clock.pass(3h);
  const store_snapshot pinned = world.log().snapshot(ulid_min, ulid_max);
  CHECK(world.retain().trashed == 1);
  CHECK(world.contents() == young);
  for (const block_ref& ref : pinned.blocks(ulid_min, ulid_max)) CHECK(load_block(ref));
  REQUIRE(world.open(disk));
  CHECK(world.contents() == young);
  const std::size_t files = disk.files().size();
  world.clock.pass(9h + 59min);
  CHECK(world.retain().purged == 0);
  world.clock.pass(1min);
  CHECK(world.retain().purged == 0);
  world.clock.pass(59min);
  CHECK(world.retain().purged == 0);
  world.clock.pass(1min);
  CHECK(world.retain().purged == 1);
  CHECK(disk.files().size() == files - 1);
}

TEST_CASE("R8: nothing is trashed or purged after a jump", "[store]") {
  sim::disk disk;
  store_world world(retaining(2h, 0, 10h));
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 50)));
  world.retain();
  world.clock.wall += 24h * 365;
  const auto done = world.retain();
  CHECK(done.frozen);
  CHECK(done.trashed == 0);
  CHECK(world.contents().size() == 50);
}

TEST_CASE("retention: a window that is being compacted waits for the next pass", "[store]") {
  sim::disk disk;
  store_world world(retaining(2h, 0, 10h));
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 50)));
  REQUIRE(world.consume(lines(first_ms + 10, 11, 50)));
  world.clock.pass(5h);
  auto job = world.log().begin_compact();
  REQUIRE(job);
  CHECK(world.retain().trashed == 0);
  job->run();
  REQUIRE(world.log().end_compact(std::move(*job)));
  retention_job retiring = world.log().begin_retention();
  CHECK(!world.log().begin_compact());
  retiring.run();
  CHECK(world.log().end_retention(std::move(retiring)).trashed == 1);
  CHECK(world.log().segments() == 0);
}

TEST_CASE("retention: what the disk refuses is tried again at the next pass", "[store]") {
  sim::disk disk;
  store_world world(retaining(2h, 0, 10h));
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 50)));
  world.clock.pass(5h);
  disk.fail_operation(disk.operations() + 1);
  const auto failed = world.retain();
  CHECK(failed.trashed == 0);
  CHECK(failed.errors.size() == 1);
  CHECK(world.contents().size() == 50);
  CHECK(world.retain().trashed == 1);
}
