// Damaged segments: who else holds their records, and what becomes of the file.
#include "oklog/store/damage.h"

#include "oklog/store/containment.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;

namespace {

// A store with one segment of some blocks, of which a byte can be flipped.
struct damaged_store {
  sim::disk disk;
  store_world world;
  explicit damaged_store(const plain_records& records) {
    REQUIRE(world.open(disk));
    REQUIRE(world.consume(records));
    first = world.log().live().front();
  }
  void flip(std::uint64_t offset) { disk.bit_flip("/store/" + first->name, offset); }
  std::vector<segment_ptr> others() { return world.log().sound_members(first->footer.partition); }
  bool held_by_others() {
    const auto held = hold_all_of(others(), *first);
    REQUIRE(held);
    return *held;
  }
  result<> write_anew() {
    auto job = world.log().begin_anew(first->name);
    REQUIRE(job);
    job->run();
    return world.log().end_anew(std::move(*job));
  }
  result<> set_aside() {
    auto job = world.log().begin_set_aside(first->name);
    REQUIRE(job);
    job->run();
    return world.log().end_damage(std::move(*job));
  }
  segment_ptr first;
};

// Whether a store that was given these holds all of the segment.
bool held_by(const plain_records& records, const store_segment& of) {
  sim::disk disk;
  store_world elsewhere;
  REQUIRE(elsewhere.open(disk));
  REQUIRE(elsewhere.consume(records));
  const auto held = hold_all_of(elsewhere.log().live(), of);
  REQUIRE(held);
  return *held;
}

// Texts of which a block holds some thousand.
plain_records many(std::uint64_t seq, std::size_t count, std::uint64_t step = 1) {
  plain_records r;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t n = seq + i * step;
    r.push_back({ulid::make(first_ms + n, 7, n), "default",
                 "line " + std::to_string(n) + std::string(60, 'x')});
  }
  return r;
}

}  // namespace

TEST_CASE("damage: a segment can go once others hold each of its records, wherever the bit is",
          "[store]") {
  const plain_records all = many(1, 9000);
  damaged_store s(all);
  REQUIRE(s.first->footer.blocks.size() >= 3);
  const store_block& b = s.first->footer.blocks[1];
  SECTION("in a text") {
    s.flip(b.offset + b.header.header_frame_bytes + 100);
  }
  SECTION("in the columns") {
    s.flip(b.offset + 60);
  }
  SECTION("in the filters") {
    s.flip(s.first->file_bytes - 4000);
  }
  SECTION("in several blocks") {
    for (const store_block& each : s.first->footer.blocks) s.flip(each.offset + 60);
  }
  const auto damage = find_damage(*s.first);
  REQUIRE(damage);
  CHECK_FALSE(damage->empty());
  CHECK(s.world.log().note_damage(s.first->name, damage->front()));
  CHECK_FALSE(s.world.log().note_damage(s.first->name, damage->front()));
  CHECK(s.world.log().damaged().size() == 1);
  CHECK(s.world.log().catalogue().partitions.front().damaged);
  CHECK_FALSE(s.held_by_others());
  REQUIRE(s.world.consume(many(1, 4000)));
  CHECK_FALSE(s.held_by_others());
  // What lies between or beside them does not matter.
  REQUIRE(s.world.consume(many(3000, 7000)));
  CHECK(s.held_by_others());
}

TEST_CASE("damage: one record that nobody else holds keeps a segment", "[store]") {
  const plain_records all = many(1, 9000);
  damaged_store s(all);
  const store_block& b = s.first->footer.blocks[1];
  s.flip(b.offset + b.header.header_frame_bytes + 100);
  REQUIRE(s.world.log().note_damage(s.first->name, "a test"));
  for (const std::size_t lacking : {std::size_t{0}, std::size_t{4500}, std::size_t{8999}}) {
    plain_records others = all;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(lacking));
    CHECK_FALSE(held_by(others, *s.first));
  }
}

TEST_CASE("K2: a block whose header is bad is told from what lies between its records", "[store]") {
  const plain_records all = many(1, 9000, 2);
  damaged_store s(all);
  const store_block& b = s.first->footer.blocks[1];
  const auto begin = std::find_if(all.begin(), all.end(),
                                  [&b](const plain_record& r) { return r.id == b.header.min; });
  REQUIRE(begin + 200 < all.end());
  plain_records more = all;
  // Other texts under ids between them, and some of the same texts under another stream's ids.
  for (const plain_record& r : many(2, 9000, 2)) more.push_back(r);
  for (auto r = begin + 100; r != begin + 110; ++r) {
    more.push_back({ulid::make(r->id.ms(), 99, r->id.seq()), "default", r->text});
  }
  REQUIRE((begin + 110)->id < b.header.max);
  s.flip(b.offset + 20);
  REQUIRE(s.world.log().note_damage(s.first->name, "a test"));
  for (const bool whole : {false, true}) {
    plain_records others = test::sorted(more);
    if (!whole) others.erase(std::find(others.begin(), others.end(), begin[150]));
    CHECK(held_by(others, *s.first) == whole);
  }
}

TEST_CASE("K1: another text under the same id is not the record that a segment held", "[store]") {
  plain_records all = many(1, 9000);
  damaged_store s(all);
  const store_block& b = s.first->footer.blocks[1];
  s.flip(b.offset + b.header.header_frame_bytes + 100);
  all[4500].text = "something else";
  sim::disk disk;
  store_world elsewhere;
  REQUIRE(elsewhere.open(disk));
  REQUIRE(elsewhere.consume(all));
  const auto held = hold_all_of(elsewhere.log().live(), *s.first);
  REQUIRE(held);
  CHECK_FALSE(*held);
}

TEST_CASE("K20: a segment that was set aside lies in quarantine and makes no answer partial",
          "[store]") {
  damaged_store s(many(1, 9000));
  s.flip(s.first->footer.blocks[1].offset + 60);
  CHECK_FALSE(s.world.log().begin_set_aside(s.first->name));  // it is not damaged as far as known
  REQUIRE(s.world.log().note_damage(s.first->name, "a test"));
  REQUIRE(s.world.consume(many(1, 9000)));
  REQUIRE(s.set_aside());
  CHECK(s.world.log().segments() == 1);
  CHECK(s.world.log().damaged().empty());
  CHECK(s.world.log().quarantined() == 0);
  CHECK(s.disk.contents("/store/quarantine/" + s.first->name));
  CHECK(s.world.contents() == many(1, 9000));
  const std::string moved = s.first->name;
  // After a restart, too, whatever the crash leaves; and never is a record gone.
  s.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
    INFO(what);
    store_world after;
    REQUIRE(after.open(image));
    CHECK(after.log().quarantined() == 0);
    CHECK(image.contents("/store/quarantine/" + moved));
  });
}

TEST_CASE("damage: a crash while a segment is set aside leaves it live, or in quarantine",
          "[store]") {
  damaged_store s(many(1, 9000));
  s.flip(s.first->footer.blocks[1].offset + 60);
  REQUIRE(s.world.log().note_damage(s.first->name, "a test"));
  REQUIRE(s.world.consume(many(1, 9000)));
  std::size_t states = 0;
  s.disk.on_operation([&] {
    s.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
      INFO(what);
      store_world after;
      REQUIRE(after.open(image));
      CHECK(after.log().quarantined() == 0);
      const bool live = image.contents("/store/" + s.first->name).has_value();
      const bool aside = image.contents("/store/quarantine/" + s.first->name).has_value();
      CHECK((live || aside));
      ++states;
    });
  });
  REQUIRE(s.set_aside());
  s.disk.on_operation({});
  CHECK(states > 5);
}

TEST_CASE("damage: a segment with good blocks is written anew, in every crash state all is there",
          "[store]") {
  damaged_store s(many(1, 9000));
  s.flip(s.first->file_bytes - 4000);  // in the filters
  REQUIRE(s.world.log().note_damage(s.first->name, "a test"));
  CHECK_FALSE(s.held_by_others());
  std::size_t states = 0;
  s.disk.on_operation([&] {
    s.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
      INFO(what);
      store_world after;
      REQUIRE(after.open(image));
      CHECK(image.contents("/store/" + s.first->name));
      ++states;
    });
  });
  REQUIRE(s.write_anew());
  s.disk.on_operation({});
  CHECK(states > 5);
  CHECK(s.held_by_others());
  REQUIRE(s.set_aside());
  CHECK(s.world.log().damaged().empty());
}

TEST_CASE("damage: a segment with a bad block cannot be written anew, and nothing changes",
          "[store]") {
  damaged_store s(many(1, 9000));
  const store_block& b = s.first->footer.blocks[1];
  s.flip(b.offset + b.header.header_frame_bytes + 100);
  REQUIRE(s.world.log().note_damage(s.first->name, "a test"));
  const auto before = s.disk.files();
  CHECK(s.write_anew().error().code == errc::corruption);
  CHECK(s.disk.files() == before);
  CHECK(s.world.log().live().size() == 1);
}

TEST_CASE("K20: no failure of the disk at a start makes a store forget what lies in quarantine",
          "[store]") {
  std::size_t refused = 0;
  for (std::uint64_t n = 1; n < 60; ++n) {
    damaged_store s(many(1, 100));
    REQUIRE(s.disk.make_dirs("/store/quarantine"));
    s.disk.plant_file("/store/quarantine/other", "x");
    s.disk.fail_operation(s.disk.operations() + n);
    if (s.world.open(s.disk)) {
      CHECK(s.world.log().quarantined() >= 1);
    } else {
      ++refused;
    }
  }
  CHECK(refused >= 3);
}

TEST_CASE("K20: what lies in quarantine counts until it was compared, also after a restart",
          "[store]") {
  damaged_store s(many(1, 9000));
  s.flip(s.first->file_bytes - 30);
  REQUIRE(s.world.open(s.disk));
  CHECK(s.world.log().quarantined() == 1);
  auto job = s.world.log().begin_quarantine_compared();
  REQUIRE(job);
  CHECK_FALSE(s.world.log().begin_quarantine_compared());  // one at once
  job->run();
  REQUIRE(s.world.log().end_damage(std::move(*job)));
  CHECK(s.world.log().quarantined() == 0);
  CHECK_FALSE(s.world.log().begin_quarantine_compared());
  (void)s.world.retain();
  CHECK(s.world.log().quarantined() == 0);
  REQUIRE(s.world.open(s.disk));
  CHECK(s.world.log().quarantined() == 0);
  // One more is not what was compared.
  s.disk.plant_file("/store/quarantine/other", "x");
  REQUIRE(s.world.open(s.disk));
  CHECK(s.world.log().quarantined() == 1);
}
