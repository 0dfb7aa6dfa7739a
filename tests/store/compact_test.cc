#include "oklog/store/compact.h"

#include "oklog/base/prng.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;
using namespace std::chrono_literals;

namespace {

// A segment of one block a topic, as the planner sees it.
segment_ptr planned(const std::string& name, std::uint64_t from_ms, std::uint64_t to_ms,
                    std::uint64_t bytes, const std::vector<std::string>& topics = {"t"}) {
  auto s = std::make_shared<store_segment>();
  s->name = name;
  s->file_bytes = bytes;
  s->footer.topics = topics;
  s->footer.min = ulid::lowest(from_ms);
  s->footer.max = ulid::highest(to_ms);
  for (std::uint32_t t = 0; t < topics.size(); ++t) {
    store_block b;
    b.topic = t;
    b.header.min = s->footer.min;
    b.header.max = s->footer.max;
    s->footer.blocks.push_back(b);
  }
  return s;
}

std::string names(const compact_plan& plan) {
  std::string all;
  for (const segment_ptr& s : plan.inputs) all += s->name;
  return all;
}

// Lines that compress to about a third.
plain_records noise(prng& random, std::uint64_t ms, std::uint64_t seq, std::size_t count,
                    const std::string& topic = "default", std::uint64_t stream = 7) {
  plain_records r = lines(ms, seq, count, topic, stream);
  for (plain_record& line : r) {
    for (int i = 0; i < 6; ++i) line.text += " " + std::to_string(random.next());
  }
  return r;
}

}  // namespace

TEST_CASE("plan: an open partition only collects until the small make a full one", "[store]") {
  const compact_config config;
  std::vector<segment_ptr> segments;
  for (std::uint64_t i = 0; i < 200; ++i) {
    // Each overlaps the one before a little, as they do while they come in.
    segments.push_back(planned(std::to_string(i), i * 3000, i * 3000 + 3050, MiB / 2));
  }
  CHECK(plan_compaction(segments, false, config).kind == compact_kind::none);
  segments.push_back(planned("big", 1000, 90'000, 40 * MiB));
  const compact_plan plan = plan_compaction(segments, false, config);
  CHECK(plan.kind == compact_kind::sequential);
  CHECK(plan.inputs.size() == 201);
  CHECK(plan.seam == ulid::lowest(199 * 3000 + 3050 - 10'000));
}

TEST_CASE("plan: too many small files are merged without those that dwarf them", "[store]") {
  compact_config config;
  config.inputs_max = 8;
  std::vector<segment_ptr> segments{planned("big", 0, 10, 50 * MiB)};
  for (std::uint64_t i = 0; i < 7; ++i) {
    segments.push_back(planned(std::to_string(i), 20 + i * 10, 25 + i * 10, MiB));
  }
  CHECK(names(plan_compaction(segments, false, config)) == "0123456");
  segments.pop_back();
  CHECK(plan_compaction(segments, false, config).kind == compact_kind::none);
}

TEST_CASE("K11 plan: at rest what overlaps within a topic is merged whatever its size", "[store]") {
  const compact_config config;
  const std::vector<segment_ptr> segments{
      planned("A", 0, 100, 128 * MiB), planned("B", 100, 200, 1), planned("C", 300, 400, 128 * MiB),
      planned("D", 350, 360, 128 * MiB, {"u"})};
  const compact_plan plan = plan_compaction(segments, true, config);
  CHECK(plan.kind == compact_kind::overlapping);
  CHECK(names(plan) == "AB");
  CHECK(plan.seam == ulid_max);
  const std::vector<segment_ptr> disjoint{segments[0], segments[2], segments[3]};
  CHECK(plan_compaction(disjoint, true, config).kind == compact_kind::none);
}

TEST_CASE("K11 plan: what would lie in the gap of a merge joins it", "[store]") {
  const std::vector<segment_ptr> segments{
      planned("A", 0, 10, 128 * MiB, {"t", "u"}), planned("B", 5, 100, 128 * MiB, {"u"}),
      planned("C", 20, 30, 128 * MiB, {"u", "v"}), planned("D", 25, 40, 128 * MiB, {"v"}),
      planned("E", 50, 60, 128 * MiB, {"w"})};
  CHECK(names(plan_compaction(segments, true, {})) == "ABCD");
}

TEST_CASE(
    "plan: small neighbours at rest are merged once, and a trickle does not rewrite the large",
    "[store]") {
  std::vector<segment_ptr> segments;
  for (std::uint64_t i = 0; i < 5; ++i) {
    segments.push_back(planned(std::to_string(i), i * 10, i * 10 + 5, MiB));
  }
  CHECK(names(plan_compaction(segments, true, {})) == "01234");
  const std::vector<segment_ptr> trickle{planned("A", 0, 10, 40 * MiB), planned("b", 20, 30, MiB)};
  CHECK(plan_compaction(trickle, true, {}).kind == compact_kind::none);
  CHECK(plan_compaction({segments[0]}, true, {}).kind == compact_kind::none);
}

TEST_CASE("K11 plan: small neighbours take along what they overlap", "[store]") {
  const std::vector<segment_ptr> segments{planned("L", 0, 50, 128 * MiB), planned("a", 10, 20, MiB),
                                          planned("b", 30, 40, MiB),
                                          planned("M", 60, 90, 128 * MiB)};
  const compact_plan plan = plan_compaction(segments, true, {});
  CHECK(names(plan) == "Lab");
  CHECK(plan.kind == compact_kind::overlapping);
}

TEST_CASE("K11, R7: overlapping segments become disjoint ones, equal records are dropped",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const plain_records a = lines(first_ms, 1, 300);
  const plain_records b = lines(first_ms + 200, 201, 300);
  plain_records c{{ulid::make(first_ms, 7, 1), "default", "another text"},
                  {ulid::make(first_ms, 7, 1), "default", "line 1"}};
  REQUIRE(world.consume(a));
  REQUIRE(world.consume(b));
  REQUIRE(world.consume(c));
  CHECK(world.contents().size() == 602);
  world.clock.pass(2h);
  auto done = world.compact();
  REQUIRE(done);
  CHECK(done->kind == compact_kind::overlapping);
  CHECK(done->dropped == 101);
  CHECK(done->conflicts == 1);
  CHECK(done->inputs.size() == 3);
  CHECK(world.log().segments() == 1);
  plain_records all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  CHECK(world.contents() == unique(all));
  world.verify_segments();
  CHECK(world.compact_all() == 0);
  REQUIRE(world.open(disk));
  CHECK(world.contents() == unique(all));
}

TEST_CASE("K2: two stores that hold the same set have the same digest after compaction",
          "[store]") {
  const plain_records all = lines(first_ms, 1, 400);
  set_digest digests[2];
  for (int s = 0; s < 2; ++s) {
    sim::disk disk;
    store_world world;
    REQUIRE(world.open(disk));
    const std::size_t step = s == 0 ? 400 : 70;
    for (std::size_t i = 0; i < all.size(); i += step) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(i);
      const auto to =
          all.begin() + static_cast<std::ptrdiff_t>(std::min(i + step + 20, all.size()));
      REQUIRE(world.consume(plain_records(from, to)));
    }
    world.clock.pass(2h);
    world.compact_all();
    for (const segment_ptr& p : world.log().live()) digests[s].add(p->footer.digest);
  }
  CHECK(digests[0] == digests[1]);
  CHECK(digests[0].count == 400);
}

TEST_CASE("compaction: full blocks that overlap no other are copied, not encoded again",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  prng random(1);
  plain_records all;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const plain_records some = noise(random, first_ms + i * 10'000, 1 + i * 10'000, 6000);
    REQUIRE(world.consume(some));
    all.insert(all.end(), some.begin(), some.end());
  }
  world.clock.pass(2h);
  auto done = world.compact();
  REQUIRE(done);
  CHECK(done->kind == compact_kind::sequential);
  CHECK(done->copied_blocks >= 3);
  CHECK(world.contents() == all);
  world.verify_segments();
}

TEST_CASE("compaction: a thousand topics' small blocks become few", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  plain_records all;
  for (std::uint64_t i = 0; i < 4; ++i) {
    plain_records some;
    for (std::uint64_t k = 0; k < 2000; ++k) {
      const std::uint64_t topic = k % 1000;
      some.push_back({ulid::make(first_ms + i * 3000 + k, topic, 1 + i * 2 + k / 1000),
                      "topic" + std::to_string(topic), "text " + std::to_string(k)});
    }
    REQUIRE(world.consume(some));
    all.insert(all.end(), some.begin(), some.end());
  }
  world.clock.pass(2h);
  CHECK(world.compact_all() == 1);
  REQUIRE(world.log().segments() == 1);
  CHECK(world.log().live()[0]->footer.blocks.size() == 1000);
  CHECK(world.contents() == sorted(all));
}

TEST_CASE("K11: outputs are cut at the target size and stay disjoint", "[store]") {
  store_config config;
  config.compact.target_bytes = 300'000;
  sim::disk disk;
  store_world world(config);
  REQUIRE(world.open(disk));
  prng random(2);
  plain_records all;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const plain_records some = noise(random, first_ms + i, 1, 5000, i == 1 ? "b" : "a", 10 + i);
    REQUIRE(world.consume(some));
    all.insert(all.end(), some.begin(), some.end());
  }
  world.clock.pass(2h);
  world.compact_all();
  CHECK(world.log().segments() > 1);
  CHECK(world.contents() == sorted(all));
  CHECK(plan_compaction(world.log().live(), true, config.compact).kind == compact_kind::none);
  world.verify_segments();
}

TEST_CASE("compaction: the last seconds stay out of a full segment, so what comes next is disjoint",
          "[store]") {
  store_config config;
  config.compact.inputs_max = 4;
  sim::disk disk;
  store_world world(config);
  REQUIRE(world.open(disk));
  for (std::uint64_t i = 0; i < 4; ++i) {
    REQUIRE(world.consume(lines(first_ms + i * 100'000, 1 + i * 100'000, 20)));
  }
  auto done = world.compact();
  REQUIRE(done);
  REQUIRE(done->outputs.size() == 2);
  const std::uint64_t seam = first_ms + 300'019 - 10'000;
  CHECK(done->outputs[0]->footer.max < ulid::lowest(seam));
  CHECK(done->outputs[1]->footer.min >= ulid::lowest(seam));
}

TEST_CASE("K20: a segment with a rotten block is left live and not tried again", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 50)));
  REQUIRE(world.consume(lines(first_ms + 10, 11, 50)));
  REQUIRE(world.consume(lines(first_ms + 20, 21, 50)));
  const segment_ptr bad = world.log().live()[1];
  const store_block& block = bad->footer.blocks[0];
  disk.bit_flip("/store/" + bad->name, block.offset + block.header.bytes() - 6);
  world.clock.pass(2h);
  const std::vector<std::string> before = disk.files();
  auto failed = world.compact();
  REQUIRE(!failed);
  CHECK(failed.error().code == errc::corruption);
  CHECK(disk.files() == before);
  world.clock.pass(2min);
  auto done = world.compact();
  REQUIRE(done);
  CHECK(done->inputs.size() == 2);
  CHECK(world.log().segments() == 2);
  world.clock.pass(1h);
  CHECK(world.compact_all() == 0);
}

TEST_CASE("C2, D12: a compaction that fails at any disk operation changes nothing", "[store]") {
  const plain_records a = lines(first_ms, 1, 60);
  const plain_records b = lines(first_ms + 30, 31, 60);
  std::size_t failures = 0;
  for (std::uint64_t n = 1; n < 40; ++n) {
    sim::disk disk;
    store_world world;
    REQUIRE(world.open(disk));
    REQUIRE(world.consume(a));
    REQUIRE(world.consume(b));
    world.clock.pass(2h);
    disk.fail_operation(disk.operations() + n, n % 2 == 0 ? errc::io : errc::no_space);
    auto done = world.compact();
    if (!done) {
      ++failures;
      CHECK(world.log().segments() == 2);
      CHECK(world.contents().size() == 120);
    }
    const auto image = disk.kill_process();  // and its faults with it
    REQUIRE(world.open(*image));
    CHECK(unique(world.contents()) == lines(first_ms, 1, 90));
    CHECK(world.log().quarantined() == 0);
  }
  CHECK(failures >= 8);
}

TEST_CASE("C12: one bad read in a compaction makes at most the segment suspect that was read",
          "[store]") {
  std::size_t failures = 0;
  for (std::uint64_t n = 1; n < 40; ++n) {
    sim::disk disk;
    store_world world;
    REQUIRE(world.open(disk));
    REQUIRE(world.consume(lines(first_ms, 1, 60)));
    REQUIRE(world.consume(lines(first_ms + 30, 31, 60)));
    world.clock.pass(2h);
    disk.spoil_operation(disk.operations() + n, sim::spoiled_read::misplaced);
    if (world.compact()) continue;
    ++failures;
    CHECK(world.log().damaged().size() <= 1);
    CHECK(unique(world.contents()) == lines(first_ms, 1, 90));
  }
  CHECK(failures >= 3);
}

TEST_CASE("C2: readers go on in segments that were compacted away", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 50)));
  REQUIRE(world.consume(lines(first_ms + 10, 11, 50)));
  const store_snapshot pinned = world.log().snapshot(ulid_min, ulid_max);
  world.clock.pass(2h);
  CHECK(world.compact_all() == 1);
  CHECK(world.log().segments() == 1);
  std::size_t records = 0;
  for (const block_ref& ref : pinned.blocks(ulid_min, ulid_max)) {
    auto loaded = load_block(ref);
    REQUIRE(loaded);
    records += loaded->records();
  }
  CHECK(records == 100);
}

TEST_CASE("compaction: an open partition waits; one whose shard was left behind does not",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(lines(first_ms, 1, 50), 0));
  REQUIRE(world.consume(lines(first_ms + 10, 11, 50), 0));
  world.clock.pass(5min);
  CHECK(world.compact_all() == 0);
  REQUIRE(world.consume(lines(first_ms + 5000, 200, 50), 1));
  CHECK(world.compact_all() == 1);
  CHECK(world.log().segments() == 2);
}
