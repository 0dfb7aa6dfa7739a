// The reference workload of an ingester, with a power failure at every operation, in every state in
// which the disk may then be: C1, C2, C4, C14, R1, K25.

#include <catch2/catch.hpp>

#include "ingest/harness.h"

namespace oklog::ingest {
namespace {

using namespace std::chrono_literals;

// What the world was told.
struct promises {
  record_set synced;    // acknowledged: on disk
  record_set consumed;  // by whoever may have committed: may be gone, may be there
};

void crash_everywhere(const sim::disk& disk, const harness& h, const promises& told, bool deep,
                      std::size_t& states) {
  disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
    ++states;
    harness after(image);
    INFO(what);
    const auto opened = after.open();
    INFO(opened);
    REQUIRE(opened);
    const record_set found = after.seen();
    for (const auto& r : told.synced) {
      if (told.consumed.count(r) == 0 && found.count(r) == 0) FAIL("lost: " << r.second);
    }
    for (const auto& r : found) {
      if (h.sealed.count(r) == 0) FAIL("invented: " << r.second);
    }
    const auto files = image.files();
    REQUIRE(after.open());
    if (image.files() != files) FAIL("a second recovery changed the files");
    if (after.seen() != found) FAIL("a second recovery changed the records");
    if (!deep) return;
    // C14: a power failure within the recovery.
    prng random(states);
    const auto again = image.crash(random);
    harness third(*again);
    REQUIRE(third.open());
    if (third.seen() != found) FAIL("a crash within the recovery changed the records");
  });
}

// Calls `crash` before every operation of the workload.
void workload(harness& h, promises& told) {
  REQUIRE(h.open());
  const auto note = [&] {
    const std::uint64_t through = h.log->synced_through();
    if (through == h.log->written_through()) told.synced = h.sealed;
  };
  const auto consume = [&] {
    auto got = h.next();
    REQUIRE(got);
    auto content = h.read(got->id);
    REQUIRE(content);
    for (const auto& r : harness::records_of(*content->blocks)) told.consumed.insert(r);
    CHECK(h.commit(got->id, *content->hash) == decision::done);
  };
  h.send("durable one\n", modality::durable);
  h.write();
  note();
  h.send("fast one\nfast two\n");
  h.pass(50ms);
  h.write();
  h.send(std::string(5000, 'l') + "\n");
  h.pass(50ms);
  h.write();
  h.pass(1s);
  h.write();
  note();
  h.write_and_flush();
  note();
  h.send("durable two\n", modality::durable);
  h.write();
  note();
  auto got = h.next();
  REQUIRE(got);
  CHECK(h.finish(h.log->begin_failed(got->id)) == decision::done);
  h.write_and_flush();
  note();
  consume();
  h.send("fast three\n");
  h.pass(50ms);
  h.write();
  consume();
  h.send("durable three\n", modality::durable);
  h.write();
  note();
  REQUIRE(h.open());  // a restart in between
  h.send("durable four\n", modality::durable);
  h.write();
  note();
  consume();
  h.write_and_flush();
}

}  // namespace

TEST_CASE("ingest log: C1 C14 K25 a crash at any operation loses nothing that was synced",
          "[ingest]") {
  sim::disk disk;
  harness h(disk);
  promises told;
  std::size_t states = 0;
  std::size_t operations = 0;
  disk.on_operation([&] { crash_everywhere(disk, h, told, ++operations % 4 == 0, states); });
  workload(h, told);
  crash_everywhere(disk, h, told, true, states);
  CHECK(told.synced.size() >= 7);
  CHECK(states > 500);
  WARN(operations << " operations, " << states << " crash states");
}

TEST_CASE("ingest log: C14 a crash at any operation of a recovery changes nothing", "[ingest]") {
  sim::disk disk;
  record_set all;
  {
    harness h(disk);
    REQUIRE(h.open());
    h.send("pending\n");
    h.write_and_flush();
    REQUIRE(h.next());
    h.send("active\n", modality::durable);
    h.write();
    h.send("unsynced\n");
    h.pass(50ms);
    h.write();
    all = h.sealed;
  }
  const auto dead = disk.kill_process();
  promises told;
  for (const auto& r : all) {
    if (r.second != "unsynced") told.synced.insert(r);
  }
  harness h(*dead);
  h.sealed = all;
  std::size_t states = 0;
  dead->on_operation([&] { crash_everywhere(*dead, h, told, true, states); });
  REQUIRE(h.open());
  crash_everywhere(*dead, h, told, true, states);
  CHECK(states > 20);
}

TEST_CASE("recovery: C1 what a kill left in the page cache is on disk when recovery has ended",
          "[ingest]") {
  sim::disk disk;
  promises told;
  harness before(disk);
  REQUIRE(before.open());
  before.send("fast, and neither its file nor its name was synced\n");
  before.pass(50ms);
  before.write();
  REQUIRE(disk.unsynced() > 0);
  const auto dead = disk.kill_process();
  harness h(*dead);
  REQUIRE(h.open());
  h.sealed = before.sealed;
  told.synced = before.sealed;
  REQUIRE(h.seen() == told.synced);
  std::size_t states = 0;
  crash_everywhere(*dead, h, told, true, states);
  CHECK(states >= 1);
}

TEST_CASE("ingest log: any one operation may fail, and what was acknowledged is there",
          "[ingest]") {
  for (const errc code : {errc::io, errc::no_space}) {
    for (std::uint64_t n = 1; n < 60; ++n) {
      sim::disk disk;
      harness h(disk);
      REQUIRE(h.open());
      disk.fail_operation(disk.operations() + n, code);
      record_set synced;
      for (int i = 0; i < 4; ++i) {
        h.send("durable " + std::to_string(i) + "\n", modality::durable);
        for (int tries = 0; tries < 5 && h.log->synced_through() <= static_cast<unsigned>(i);
             ++tries) {
          h.write();
          h.pass(2s);
        }
        INFO("operation " << n);
        CHECK(h.log->synced_through() == static_cast<unsigned>(i) + 1);
        synced = h.sealed;
        while (h.flush(i % 2 == 1)) {
        }
        // The fault may have met this very read; it comes once.
        if (h.seen() != synced) CHECK(h.seen() == synced);
      }
      prng random(n);
      const auto image = disk.crash(random);
      harness after(*image);
      REQUIRE(after.open());
      CHECK(after.seen() == synced);
      CHECK(disk.syncs_after_failure() == 0);
    }
  }
}

}  // namespace oklog::ingest
