#include <catch2/catch.hpp>

#include "ingest/harness.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/ingest_segment.h"

namespace oklog::ingest {
namespace {

constexpr const char* some_id = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

std::string path_of(const std::string& id, const char* state) {
  return "/data/" + id + "." + state;
}

// A directory with one segment of three synced blocks, as its process left it when it died.
std::string leave_active(sim::disk& disk) {
  harness h(disk);
  REQUIRE(h.open());
  for (const char* line : {"one\n", "two\n", "three\n"}) {
    h.send(line, modality::durable);
    REQUIRE(h.write());
  }
  for (const std::string& f : disk.files()) {
    if (f.ends_with(".active")) return f;
  }
  return {};
}

}  // namespace

TEST_CASE("recovery: active and pending segments are flushed again, with their shard", "[ingest]") {
  sim::disk disk;
  {
    harness h(disk);
    REQUIRE(h.open());
    h.send("a\n");
    h.write_and_flush();
    REQUIRE(h.next());
  }
  leave_active(disk);
  harness h(disk);
  REQUIRE(h.open());
  CHECK(h.seen().size() == 4);
  CHECK(h.log->queue().segments == 2);
  CHECK(h.log->queue().pending == 0);
  while (auto got = h.next()) {
    auto content = h.read(got->id);
    REQUIRE(content);
    auto scan = scan_ingest_segment(disk, path_of(got->id, "pending"), true);
    REQUIRE(scan);
    REQUIRE(scan->trailer);
    CHECK(scan->trailer->shard == got->shard);
    CHECK(scan->file_bytes == got->bytes);
    CHECK(h.commit(got->id, *content->hash) == decision::done);
  }
  CHECK(h.log->queue().segments == 0);
}

TEST_CASE("recovery: C4 a torn tail is cut off, on disk, and counted", "[ingest]") {
  sim::disk disk;
  const std::string path = leave_active(disk);
  const std::string bytes = *disk.contents(path);
  disk.plant_file(path, bytes + std::string(1000, '\0'));
  harness h(disk);
  REQUIRE(h.open());
  CHECK(h.seen().size() == 3);
  CHECK(h.metrics.recovered_tail_bytes.value() == 1000);
  harness again(disk);
  h.log.reset();
  REQUIRE(again.open());
  CHECK(again.metrics.recovered_tail_bytes.value() == 0);
  CHECK(again.seen().size() == 3);
}

TEST_CASE("recovery: K10 a damaged block is left out, and the commit moves the file to quarantine",
          "[ingest]") {
  sim::disk disk;
  const std::string path = leave_active(disk);
  disk.bit_flip(path, file_header_bytes + 40);
  harness h(disk);
  REQUIRE(h.open());
  CHECK(h.seen().size() == 2);
  CHECK(h.metrics.damaged_blocks.value() == 1);
  auto got = h.next();
  REQUIRE(got);
  auto content = h.read(got->id);
  REQUIRE(content);
  CHECK(h.commit(got->id, *content->hash) == decision::done);
  CHECK(h.metrics.quarantined_files.value() == 1);
  bool kept = false;
  for (const std::string& f : disk.files()) kept = kept || f.starts_with("/data/quarantine/");
  CHECK(kept);
  CHECK(h.log->snapshot().empty());
}

TEST_CASE("recovery: K10 damage that only the consumer found moves the file to quarantine too",
          "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("a\n");
  h.write_and_flush();
  auto got = h.next();
  auto content = h.read(got->id);
  REQUIRE(content);
  CHECK(h.finish(h.log->begin_commit(got->id, *content->hash, true)) == decision::done);
  CHECK(h.metrics.quarantined_files.value() == 1);
}

TEST_CASE("recovery: C8 foreign things stay where they are; what fails its checks is kept aside",
          "[ingest]") {
  sim::disk disk;
  leave_active(disk);
  disk.plant_file("/data/my-backup.flushed", "x");
  disk.plant_file("/data/notes.txt", "x");
  disk.plant_directory("/data/lost+found");
  disk.plant_directory("/data/01BX5ZZKBKACTAV9WEVGEMMVRY.flushed");
  disk.plant_other("/data/01BX5ZZKBKACTAV9WEVGEMMVRX.flushed");
  disk.plant_file(path_of(some_id, "flushed"), "not ours");
  harness h(disk);
  REQUIRE(h.open());
  CHECK(h.seen().size() == 3);
  CHECK(h.metrics.foreign_files.value() == 5);
  CHECK(h.metrics.quarantined_files.value() == 1);
  CHECK(disk.contents("/data/my-backup.flushed"));
  CHECK(disk.contents("/data/notes.txt"));
  CHECK_FALSE(disk.contents(path_of(some_id, "flushed")));
}

TEST_CASE("recovery: an active file is removed only where it provably holds nothing", "[ingest]") {
  const std::string header = file_header(segment_kind::ingest);
  for (const std::string& empty : {std::string(), header.substr(0, 5), header,
                                   header + std::string(9, '\0'), std::string(5000, '\0')}) {
    sim::disk disk;
    leave_active(disk);
    disk.plant_file(path_of(some_id, "active"), empty);
    harness h(disk);
    REQUIRE(h.open());
    CHECK(h.metrics.quarantined_files.value() == 0);
    CHECK_FALSE(disk.contents(path_of(some_id, "active")));
  }
  for (const std::string& other : {std::string("garbage"), header + "garbage"}) {
    sim::disk disk;
    leave_active(disk);
    disk.plant_file(path_of(some_id, "active"), other);
    harness h(disk);
    REQUIRE(h.open());
    CHECK(h.metrics.quarantined_files.value() == 1);
    CHECK(h.seen().size() == 3);
  }
}

TEST_CASE("recovery: a file that cannot be read is left alone and does not stop the start",
          "[ingest]") {
  sim::disk disk;
  const std::string path = leave_active(disk);
  disk.set_unreadable(path);
  harness h(disk);
  REQUIRE(h.open());
  CHECK(h.metrics.foreign_files.value() == 1);
  CHECK(disk.contents(path));
}

TEST_CASE("recovery: C9 a second process is refused", "[ingest]") {
  sim::disk disk;
  harness one(disk);
  REQUIRE(one.open());
  harness two(disk);
  CHECK_FALSE(two.open());
}

TEST_CASE("recovery: C4 one read that gives wrong bytes costs no record and condemns no file",
          "[ingest]") {
  for (const auto how : {sim::spoiled_read::misplaced, sim::spoiled_read::cut}) {
    for (std::uint64_t n = 1;; ++n) {
      sim::disk disk;
      leave_active(disk);
      const std::uint64_t before = disk.operations();
      disk.spoil_operation(before + n, how);
      harness h(disk);
      bool open = h.open().has_value();
      const bool past = disk.operations() < before + n;
      if (!open) open = h.open().has_value();  // as a service manager does
      INFO("operation " << n);
      REQUIRE(open);
      if (past) break;
      CHECK(h.seen().size() == 3);
      CHECK(h.metrics.quarantined_files.value() == 0);
    }
  }
}

TEST_CASE("recovery: any flipped bit is found, and never stops the start", "[ingest]") {
  sim::disk clean;
  const std::string path = leave_active(clean);
  harness whole(clean);
  REQUIRE(whole.open());
  const record_set all = whole.seen();
  whole.log.reset();
  const std::string name = clean.files().front() == path ? path : [&] {
    for (const std::string& f : clean.files()) {
      if (f.ends_with(".flushed")) return f;
    }
    return std::string();
  }();
  const std::string bytes = *clean.contents(name);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    sim::disk disk;
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    disk.plant_file("/data/oklog.json", *clean.contents("/data/oklog.json"));
    disk.plant_file(name, bad);
    harness h(disk);
    REQUIRE(h.open());
    for (const auto& r : h.seen()) CHECK(all.count(r) == 1);
  }
}

}  // namespace oklog::ingest
