#include "oklog/ingest/ingest_log.h"

#include <catch2/catch.hpp>

#include "ingest/harness.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/ingest_segment.h"

namespace oklog::ingest {
namespace {

using namespace std::chrono_literals;

std::string line_of(std::size_t size, char c = 'x') {
  return std::string(size - 1, c) + "\n";
}

// Text that does not compress.
std::string noise(std::size_t size, std::uint64_t seed) {
  prng random(seed);
  std::string out;
  while (out.size() < size) {
    out += static_cast<char>('!' + random.below(90));
    if (out.size() % 100 == 99) out += '\n';
  }
  return out + "\n";
}

std::vector<std::string> data_files(const sim::disk& disk) {
  std::vector<std::string> out;
  for (const std::string& f : disk.files()) {
    const bool ours = data_directory::is_housekeeping(f.substr(f.rfind('/') + 1));
    if (!ours) out.push_back(f);
  }
  return out;
}

}  // namespace

TEST_CASE("ingest log: a line is seen by a query at every stage, once", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("one\n");
  CHECK(h.seen().size() == 1);
  h.pass(50ms);
  REQUIRE(h.write());
  CHECK(h.log->snapshot().size() == 1);
  CHECK(h.seen().size() == 1);
  CHECK(h.log->written_through() == 1);
  CHECK(h.log->synced_through() == 0);
  h.pass(3s);
  REQUIRE(h.flush());
  CHECK(h.log->synced_through() == 1);
  CHECK(h.seen().size() == 1);
  const auto pinned = h.log->snapshot();
  auto got = h.next();
  REQUIRE(got);
  CHECK(h.seen().size() == 1);
  auto content = h.read(got->id);
  REQUIRE(content);
  CHECK(content->records == 1);
  CHECK(h.commit(got->id, *content->hash) == decision::done);
  CHECK(h.log->snapshot().empty());
  CHECK(data_files(disk).empty());
  CHECK(harness::records_of(pinned).size() == 1);  // K17
  CHECK(h.log->drained());
}

TEST_CASE("ingest log: K26 durable lines are synced with what arrived together, one sync for all",
          "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("a\n", modality::durable);
  h.send("b\n", modality::durable);
  h.send("c\n");
  REQUIRE(h.write());
  CHECK(h.log->synced_through() == 1);
  CHECK(h.metrics.syncs.value() == 1);
  CHECK_FALSE(h.write());
}

TEST_CASE("ingest log: K26 fast lines are synced within a second", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("a\n");
  CHECK(h.log->next_due() == h.boot() + 50ms);
  CHECK_FALSE(h.write());
  h.pass(50ms);
  REQUIRE(h.write());
  CHECK(h.log->next_due() == h.boot() + 1s);
  h.pass(999ms);
  CHECK_FALSE(h.write());
  h.pass(1ms);
  REQUIRE(h.write());
  CHECK(h.log->synced_through() == 1);
  CHECK(h.log->next_due() == boot_time{} + 50ms + 3s);
}

TEST_CASE("ingest log: K26 fast lines are synced after so many bytes of file, whatever their age",
          "[ingest]") {
  ingest_config config;
  config.sync_bytes = 100'000;
  sim::disk disk;
  harness h(disk, config);
  REQUIRE(h.open());
  h.send(noise(50'000, 1));
  while (h.write(false)) {
  }
  h.pass(50ms);
  REQUIRE(h.write());
  CHECK_FALSE(h.write());
  CHECK(h.log->synced_through() == 0);
  h.send(noise(300'000, 2));
  h.pass(50ms);
  while (h.write()) {
  }
  CHECK(h.log->synced_through() == h.log->written_through());
  CHECK(h.metrics.syncs.value() == 1);
}

TEST_CASE("ingest log: K10 a segment holds at most 32 MiB of text", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  for (int i = 0; i < 80; ++i) {
    for (int j = 0; j < 16; ++j) h.send(line_of(64 * 1024, static_cast<char>('a' + j)));
    while (h.write()) {
    }
    while (h.flush()) {
    }
  }
  h.write_and_flush();
  std::uint64_t total = 0;
  int segments = 0;
  while (auto got = h.next()) {
    CHECK(got->raw_bytes <= 32 * 1024 * 1024);
    total += got->raw_bytes;
    ++segments;
  }
  CHECK(total == 80ULL * 1024 * 1024);
  CHECK(segments == 3);
}

TEST_CASE("ingest log: a segment is flushed at 16 MiB of file and at 3 s of age", "[ingest]") {
  ingest_config config;
  config.flush_bytes = 200'000;
  sim::disk disk;
  harness h(disk, config);
  REQUIRE(h.open());
  h.send(noise(300'000, 1));
  h.pass(50ms);
  while (h.write()) {
  }
  REQUIRE(h.flush());
  CHECK(h.metrics.flushes_size.value() == 1);
  h.send("x\n");
  h.pass(50ms);
  REQUIRE(h.write());
  CHECK_FALSE(h.flush());
  h.pass(2999ms);
  CHECK_FALSE(h.flush());
  h.pass(1ms);
  REQUIRE(h.flush());
  CHECK(h.metrics.flushes_age.value() == 1);
  CHECK(h.log->queue().segments == 2);
}

TEST_CASE("ingest log: writing goes on while a segment is flushed", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("a\n");
  h.pass(50ms);
  REQUIRE(h.write());
  auto flush = h.log->begin_flush(h.boot(), true);
  REQUIRE(flush);
  h.send("b\n", modality::durable);
  REQUIRE(h.write());
  CHECK(h.log->written_through() == 2);
  CHECK(h.log->synced_through() == 0);  // "a" is on its way still
  CHECK(h.seen().size() == 2);
  flush->run();
  CHECK(h.log->end_flush(std::move(*flush), h.boot()));
  CHECK(h.log->synced_through() == 2);
}

TEST_CASE("ingest log: K6 the shard stays until 128 MiB were flushed in a window", "[ingest]") {
  shard_counter c;
  CHECK(c.take(5, 100) == 0);
  CHECK(c.take(5, shard_bytes) == 0);
  CHECK(c.take(5, 1) == 1);
  CHECK(c.take(6, 1) == 0);
  shard_counter found;
  found.note(5, 1, 10);
  found.note(5, 0, shard_bytes);
  found.note(5, 1, shard_bytes - 10);
  CHECK(found.take(5, 1) == 2);
}

TEST_CASE("ingest log: next gives the oldest first, of the shard that is wanted", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  std::vector<ulid> first;
  for (int i = 0; i < 3; ++i) {
    h.send("line\n");
    h.write_and_flush();
    h.pass(10ms);
  }
  CHECK(h.next(7).error().code == errc::not_found);
  ulid before = ulid_min;
  for (int i = 0; i < 3; ++i) {
    auto got = h.next(0);
    REQUIRE(got);
    auto content = h.read(got->id);
    REQUIRE(content);
    CHECK(before < content->blocks->front().min);
    before = content->blocks->front().min;
  }
  CHECK(h.next().error().code == errc::not_found);
}

TEST_CASE("ingest log: claims are decided as consumers know it", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("line\n");
  h.write_and_flush();
  CHECK(h.log->segment_state(h.now(), h.boot()) == "0 pending\n");
  auto got = h.next();
  REQUIRE(got);
  const std::string id = got->id;
  for (const char* other : {"", "../", "../../etc/passwd", "00000000000000000000000000"}) {
    CHECK(h.log->begin_read(other, h.boot()).what == decision::not_found);
    CHECK(h.commit(other, {}) == decision::not_found);
    CHECK(h.finish(h.log->begin_failed(other)) == decision::not_found);
  }
  CHECK(h.commit(id, {}) == decision::not_read);
  auto content = h.read(id);
  REQUIRE(content);
  std::string bytes;
  REQUIRE(read_content(*content, 0, 1 << 20, bytes));
  CHECK(bytes.size() == got->bytes);
  CHECK(xxh3_128(bytes) == *content->hash);
  CHECK(h.commit(id, {}) == decision::conflict);
  CHECK(h.log->segment_state(h.now(), h.boot()) ==
        "1 pending\n " + id + ": reading=false deadline=2023-11-14T22:14:20Z\n");
  CHECK(h.commit(id, *content->hash) == decision::done);
  CHECK(h.commit(id, *content->hash) == decision::not_found);
  CHECK(h.metrics.committed_segments.value() == 1);
}

TEST_CASE("ingest log: a failed segment can be claimed again", "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("line\n");
  h.write_and_flush();
  auto got = h.next();
  REQUIRE(got);
  CHECK(data_files(disk).front().ends_with(".pending"));
  CHECK(h.finish(h.log->begin_failed(got->id)) == decision::done);
  CHECK(data_files(disk).front().ends_with(".flushed"));
  CHECK(h.next()->id == got->id);
}

TEST_CASE("ingest log: a segment that is shorter than it was is not taken for a whole one",
          "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("a line\n");
  h.write_and_flush();
  const auto got = h.next();
  REQUIRE(got);
  auto content = h.read(got->id);
  REQUIRE(content);
  std::string bytes;
  REQUIRE(read_content(*content, 0, content->bytes, bytes));
  ++content->bytes;  // the file has lost its last byte
  const auto read = read_content(*content, 0, content->bytes, bytes);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == errc::corruption);
  read_job job;
  job.content = *content;
  job.content.hash.reset();
  job.run();
  CHECK_FALSE(job.outcome);
  CHECK_FALSE(job.content.hash);
}

TEST_CASE("ingest log: R5 a lease runs out unless it is read on, and its late commit is a conflict",
          "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("line\n");
  h.write_and_flush();
  auto got = h.next();
  REQUIRE(got);
  h.pass(59s);
  auto content = h.read(got->id);
  REQUIRE(content);
  h.pass(59s);
  CHECK_FALSE(h.log->begin_expire(h.boot()));
  h.log->keep_reading(got->id, h.boot(), true);
  h.pass(60s);
  auto job = h.log->begin_expire(h.boot());
  REQUIRE(job);
  job->run();
  REQUIRE(h.log->end_move(std::move(*job)));
  CHECK(h.commit(got->id, *content->hash) == decision::conflict);
  CHECK(h.log->begin_read(got->id, h.boot()).what == decision::not_found);
  CHECK(h.next()->id == got->id);
}

TEST_CASE("ingest log: a full disk takes nothing, loses nothing, and goes on by itself",
          "[ingest]") {
  ingest_config config;
  config.flush_bytes = 100'000;  // what is preallocated
  sim::disk disk;
  harness h(disk, config);
  REQUIRE(h.open());
  h.send("first\n", modality::durable);
  REQUIRE(h.write());
  CHECK(h.log->synced_through() == 1);
  disk.set_capacity(1);
  h.send(noise(200'000, 1), modality::durable);
  const std::size_t all = h.seen().size();
  REQUIRE(h.write());
  REQUIRE(h.last.has_error());
  CHECK(h.last.error().code == errc::no_space);
  CHECK(h.log->synced_through() == 1);
  CHECK(h.seen().size() == all);
  CHECK_FALSE(h.write());  // waits a little
  CHECK(h.log->next_due() == h.boot() + 100ms);
  h.pass(100ms);
  REQUIRE(h.write());
  CHECK_FALSE(h.last);
  disk.set_capacity(1 << 30);
  h.pass(1s);
  REQUIRE(h.write());
  CHECK(h.last);
  CHECK(h.log->synced_through() == 2);
  CHECK(h.metrics.poisoned_files.value() == 0);
  h.write_and_flush();
  CHECK(h.seen().size() == all);
  CHECK(h.log->queue().segments == 1);
}

TEST_CASE(
    "ingest log: K26 C5 C6 after a failed sync the rest goes to a new file, nothing is retried",
    "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("synced\n", modality::durable);
  REQUIRE(h.write());
  h.send("fast\n");
  h.pass(50ms);
  REQUIRE(h.write());
  disk.fail_syncs(true);
  h.send("lost?\n", modality::durable);
  REQUIRE(h.write());
  CHECK_FALSE(h.last);
  CHECK(h.log->synced_through() == 1);
  CHECK(h.metrics.poisoned_files.value() == 1);
  CHECK(h.seen().size() == 3);
  disk.fail_syncs(false);
  h.pass(1s);
  REQUIRE(h.write());
  CHECK(h.last);
  CHECK(h.log->synced_through() == 3);
  h.write_and_flush();
  CHECK(disk.syncs_after_failure() == 0);
  CHECK(h.seen().size() == 3);
  CHECK(h.log->drained());
  CHECK(h.log->queue().segments == 2);

  // On disk for good: after the power is gone.
  prng random(3);
  const auto image = disk.crash(random);
  harness after(*image);
  REQUIRE(after.open());
  CHECK(after.seen() == h.seen());
}

TEST_CASE(
    "ingest log: C6 after a failed sync nobody reads what the file says behind its synced part",
    "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("synced\n", modality::durable);
  REQUIRE(h.write());
  h.send("fast\n");
  h.pass(50ms);
  REQUIRE(h.write());
  const std::uint64_t failing = 3;
  std::set<std::string> rotten;
  for (std::uint64_t n = 0; n < failing; ++n) {  // the new file fails, too
    disk.fail_syncs(true);
    h.send("durable " + std::to_string(n) + "\n", modality::durable);
    h.pass(2s);
    REQUIRE(h.write());
    disk.fail_syncs(false);
    // As the page cache may: what was not written back is gone.
    for (const std::string& name : disk.files()) {
      if (!name.ends_with(".active") || !rotten.insert(name).second) continue;
      const std::uint64_t size = disk.contents(name)->size();
      for (std::uint64_t at = n == 0 ? size - 40 : file_header_bytes; at < size; ++at) {
        disk.bit_flip(name, at, 3);
      }
    }
    CHECK(h.seen().size() == 2 + n + 1);
  }
  h.pass(2s);
  auto job = h.log->begin_write(h.now(), h.boot(), true);
  REQUIRE(job);
  CHECK(h.seen().size() == 2 + failing);  // while it is under way
  job->run();
  REQUIRE(h.log->end_write(std::move(*job), h.boot()));
  CHECK(h.seen().size() == 2 + failing);
  h.write_and_flush();
  CHECK(h.seen().size() == 2 + failing);
  CHECK(h.log->drained());
  CHECK(disk.syncs_after_failure() == 0);
}

TEST_CASE("ingest log: C5 a failed append gives the file up, and a failed flush too", "[ingest]") {
  for (int late = 1; late <= 12; ++late) {
    sim::disk disk;
    harness h(disk);
    REQUIRE(h.open());
    h.send("one\n", modality::durable);
    REQUIRE(h.write());
    disk.fail_operation(disk.operations() + static_cast<std::uint64_t>(late));
    h.send("two\n");
    for (int i = 0; i < 20 && !(h.log->drained() && h.log->queue().segments > 0); ++i) {
      h.pass(2s);
      h.write_and_flush();
    }
    INFO("operation " << late);
    CHECK(h.log->drained());
    CHECK(h.log->synced_through() == 2);
    if (h.seen().size() != 2) CHECK(h.seen().size() == 2);  // the fault may have met the first read
    CHECK(disk.syncs_after_failure() == 0);
  }
}

}  // namespace oklog::ingest
