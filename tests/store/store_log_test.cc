#include "oklog/store/store_log.h"

#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;
using namespace std::chrono_literals;

TEST_CASE("store log: a snapshot holds the blocks that meet the range", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 100)));
  REQUIRE(world.consume(lines(first_ms + 1000, 1000, 100)));
  CHECK(world.log().snapshot(ulid_min, ulid_max).segments.size() == 2);
  const ulid from = ulid::lowest(first_ms + 99);
  const ulid to = ulid::highest(first_ms + 999);
  const store_snapshot one = world.log().snapshot(from, to);
  CHECK(one.segments.size() == 1);
  CHECK(one.blocks(from, to).size() == 1);
  CHECK(one.quarantined == 0);
  const ulid early = ulid::highest(first_ms - 1);
  CHECK(world.log().snapshot(ulid_min, early).segments.empty());
}

TEST_CASE("D14: the very last record of a segment is found at its own millisecond", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 100)));
  const std::uint64_t last = first_ms + 99;
  for (const std::uint64_t ms : {last, first_ms}) {
    const ulid from = ulid::lowest(ms);
    const ulid to = ulid::highest(ms);
    CHECK(world.log().snapshot(from, to).blocks(from, to).size() == 1);
  }
}

TEST_CASE("D13, C8: files that are not ours stay where they are", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const plain_records in = lines(first_ms, 1, 20);
  REQUIRE(world.consume(in));
  const std::string ours = world.log().live()[0]->name;
  disk.plant_file("/store/my-backup.flushed", "mine");
  disk.plant_file("/store/copy of " + ours, "mine too");
  disk.plant_file("/store/" + ours + ".bak", *disk.contents("/store/" + ours));
  disk.plant_directory("/store/lost+found");
  disk.plant_other("/store/link.flushed");
  const std::vector<std::string> files = disk.files();
  REQUIRE(world.open(disk));
  CHECK(world.log().quarantined() == 0);
  CHECK(world.contents() == in);
  world.clock.pass(24h * 365);
  world.retain();
  world.compact_all();
  CHECK(disk.contents("/store/my-backup.flushed") == "mine");
  CHECK(disk.contents("/store/copy of " + ours) == "mine too");
  CHECK(disk.files().size() == files.size());
}

TEST_CASE("C8: a file is what its footer says, whatever its name says", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 20)));
  const std::string name = world.log().live()[0]->name;
  const std::string id = parse_store_name(name)->id;
  const store_name lie{{window_of(ulid::lowest(first_ms)) - 700, 9}, id, segment_state::flushed};
  REQUIRE(disk.rename("/store/" + name, "/store/" + format(lie)));
  REQUIRE(world.open(disk));
  world.clock.pass(24h);
  CHECK(world.retain().trashed == 0);
  CHECK(world.contents().size() == 20);
  CHECK(world.log().live()[0]->footer.partition == partition{480'000, 0});
}

TEST_CASE("C2, C14: what an interrupted write left is removed at the start", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const store_name torn{{480'000, 0}, new_store_id, segment_state::active};
  disk.plant_file("/store/" + format(torn), "half a segm");
  REQUIRE(world.open(disk));
  CHECK(!disk.contents("/store/" + format(torn)));
  CHECK(world.log().quarantined() == 0);
}

TEST_CASE("K20, D5, D9: a file of ours that fails its checks is quarantined and counted",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 20)));
  REQUIRE(world.consume(lines(first_ms + 100, 101, 20)));
  const std::string bad = world.log().live()[0]->name;
  const std::size_t size = disk.contents("/store/" + bad)->size();
  SECTION("torn") {
    disk.plant_file("/store/" + bad, disk.contents("/store/" + bad)->substr(0, size - 9));
  }
  SECTION("empty") {
    disk.plant_file("/store/" + bad, "");
  }
  SECTION("garbage") {
    disk.plant_file("/store/" + bad, std::string(5000, 'x'));
  }
  SECTION("a flipped bit in the footer") {
    disk.bit_flip("/store/" + bad, size - 30, 3);
  }
  REQUIRE(world.open(disk));
  CHECK(world.log().segments() == 1);
  CHECK(world.log().quarantined() == 1);
  CHECK(world.log().snapshot(ulid_min, ulid_max).quarantined == 1);
  CHECK(disk.contents("/store/quarantine/" + bad));
  REQUIRE(world.open(disk));
  CHECK(world.log().quarantined() == 1);
  REQUIRE(disk.remove("/store/quarantine/" + bad));
  world.retain();
  CHECK(world.log().quarantined() == 0);
}

TEST_CASE("K20: one read that gives wrong bytes at the start condemns no file", "[store]") {
  for (const auto how : {sim::spoiled_read::misplaced, sim::spoiled_read::cut}) {
    for (std::uint64_t n = 1;; ++n) {
      sim::disk disk;
      store_world world;
      REQUIRE(world.open(disk));
      REQUIRE(world.consume(lines(first_ms, 1, 100)));
      REQUIRE(world.consume(lines(first_ms + 1000, 1000, 100)));
      const std::string id = world.log().store_id();
      const std::uint64_t starts = world.log().starts();
      const std::uint64_t before = disk.operations();
      disk.spoil_operation(before + n, how);
      bool open = world.open(disk).has_value();
      const bool past = disk.operations() < before + n;
      if (!open) open = world.open(disk).has_value();  // as a service manager does
      INFO("operation " << n);
      REQUIRE(open);
      if (past) break;
      CHECK(world.log().live().size() == 2);
      CHECK(world.log().quarantined() == 0);
      CHECK(world.log().store_id() == id);
      CHECK(world.log().starts() > starts);
    }
  }
}

TEST_CASE("K20: a file that cannot be read stays, and answers are partial", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 20)));
  const std::string name = world.log().live()[0]->name;
  disk.set_unreadable("/store/" + name);
  REQUIRE(world.open(disk));
  CHECK(world.log().segments() == 0);
  CHECK(world.log().quarantined() == 1);
  disk.set_unreadable("/store/" + name, false);
  REQUIRE(world.open(disk));
  CHECK(world.log().segments() == 1);
  CHECK(world.log().quarantined() == 0);
}

TEST_CASE("C15: a start reads footers only", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const auto start_operations = [&] {
    const std::uint64_t before = disk.operations();
    REQUIRE(world.open(disk));
    return disk.operations() - before;
  };
  const std::uint64_t empty = start_operations();
  const plain_records in = lines(first_ms, 1, 20'000);
  REQUIRE(world.consume(in));
  const std::uint64_t one = start_operations() - empty;
  CHECK(one <= 6);
  plain_records longer = lines(first_ms + 100'000, 100'000, 60'000);
  REQUIRE(world.consume(longer));
  CHECK(start_operations() - empty <= 2 * one);
}

TEST_CASE("store metrics: named as the documents name them", "[store]") {
  metrics_registry registry;
  store_metrics metrics(registry);
  metrics.observe_compaction("Sequential", 12, "OK", 1s);
  metrics.consumed_segments.add(3);
  const std::string text = registry.text();
  for (const char* line :
       {"oklog_store_consumed_segments_total 3", "oklog_store_consumed_segments 3",
        "oklog_store_replicated_segments_total{direction=\"egress\"} 0",
        "oklog_store_trashed_segments_total{success=\"true\"} 0", "oklog_store_purged_segments",
        "oklog_store_compact_duration_seconds_count{compacted=\"10-99\",kind=\"Sequential\","
        "result=\"OK\"} 1",
        "oklog_store_ulid_conflict_total 0"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}
