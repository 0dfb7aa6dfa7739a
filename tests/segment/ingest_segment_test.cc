#include "oklog/segment/ingest_segment.h"

#include "oklog/segment/file_header.h"
#include "segment/samples.h"

using namespace oklog;
using namespace oklog::test;

namespace {

const std::string path = "/d/segment";
constexpr std::uint32_t a_block = 20;

// A segment of `blocks` blocks, synced after block number `synced` (0: never), and its bytes.
struct written {
  std::vector<batch> batches;
  std::vector<std::uint64_t> ends;  // of each block
  std::string bytes;
};

written write_segment(std::uint32_t blocks, std::uint32_t synced, bool finish = false) {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = ingest_segment_writer::create(disk, sample_dir, "segment", 1 << 20);
  REQUIRE(w);
  written out;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    out.batches.push_back(lines_batch(1 + i * a_block, a_block));
    REQUIRE((*w)->append(one(out.batches.back())));
    out.ends.push_back((*w)->file_bytes());
    if (i + 1 == synced) REQUIRE((*w)->sync());
  }
  if (finish) REQUIRE((*w)->finish(3));
  out.bytes = *disk.contents(path);
  return out;
}

result<ingest_segment_contents> scan(const std::string& bytes, bool fully = true) {
  static std::vector<std::unique_ptr<sim::disk>> kept;  // refs hold files of these
  kept.clear();
  kept.push_back(std::make_unique<sim::disk>());
  kept.back()->plant_file(path, bytes);
  return scan_ingest_segment(*kept.back(), path, fully);
}

std::size_t whole_blocks(const written& w, std::size_t size) {
  return static_cast<std::size_t>(
      std::count_if(w.ends.begin(), w.ends.end(), [&](std::uint64_t e) { return e <= size; }));
}

}  // namespace

TEST_CASE("ingest segment: blocks and trailer come back, and zstdcat prints the text",
          "[segment]") {
  const written w = write_segment(4, 2, true);
  const auto c = scan(w.bytes);
  REQUIRE(c);
  REQUIRE(c->blocks.size() == 4);
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto b = load_block(c->blocks[i]);
    REQUIRE(b);
    CHECK(same(*b, w.batches[i]));
    text += b->text();
  }
  CHECK(zstdcat(w.bytes) == text);
  CHECK(c->trailer == flush_trailer{3, 4, 4 * a_block, text.size()});
  CHECK(c->records == 4 * a_block);
  CHECK(c->raw_bytes == text.size());
  CHECK(c->good_bytes == w.bytes.size());
  CHECK(c->tail_bytes == 0);
  CHECK(c->damaged_blocks == 0);
  CHECK(c->min == w.batches[0].min());
}

TEST_CASE("ingest segment: one without records is no empty file to zstdcat", "[segment]") {
  const written w = write_segment(0, 0);
  CHECK(zstdcat(w.bytes) == "");
  const auto c = scan(w.bytes);
  REQUIRE(c);
  CHECK(c->blocks.empty());
  CHECK(c->good_bytes == file_header_bytes);
}

TEST_CASE("C4: of every prefix exactly the whole blocks are found", "[segment]") {
  const written w = write_segment(4, 0);
  for (std::size_t n = 0; n <= w.bytes.size(); ++n) {
    const auto c = scan(w.bytes.substr(0, n), n % 2 == 0);
    INFO("prefix " << n);
    if (n < file_header_bytes) {
      REQUIRE_FALSE(c);
      REQUIRE(c.error().code == errc::corruption);
      continue;
    }
    REQUIRE(c);
    const std::size_t whole = whole_blocks(w, n);
    REQUIRE(c->blocks.size() == whole);
    REQUIRE(c->good_bytes == (whole == 0 ? file_header_bytes : w.ends[whole - 1]));
    REQUIRE(c->tail_bytes == n - c->good_bytes);
    REQUIRE(c->damaged_blocks == 0);
  }
}

TEST_CASE("C4: a tail of zeros or garbage is torn, not damage", "[segment]") {
  const written w = write_segment(3, 0);
  prng random(1);
  for (int round = 0; round < 200; ++round) {
    const std::size_t keep = file_header_bytes + random.below(w.bytes.size() - file_header_bytes);
    std::string bytes = w.bytes.substr(0, keep);
    const bool zeros = random.chance(1, 2);
    for (std::uint64_t n = 1 + random.below(5000); n > 0; --n) {
      bytes += zeros ? '\0' : static_cast<char>(random.below(256));
    }
    const auto c = scan(bytes);
    REQUIRE(c);
    REQUIRE(c->blocks.size() == whole_blocks(w, keep));
    REQUIRE(c->damaged_blocks == 0);
    REQUIRE(c->tail_bytes == bytes.size() - c->good_bytes);
  }
}

TEST_CASE("K25: a bad block beyond the synced offset ends the file, whatever follows",
          "[segment]") {
  written w = write_segment(4, 0);
  for (std::size_t i = w.ends[0]; i < w.ends[1]; ++i) w.bytes[i] = '\0';
  const auto c = scan(w.bytes);
  REQUIRE(c);
  CHECK(c->blocks.size() == 1);
  CHECK(c->good_bytes == w.ends[0]);
  CHECK(c->tail_bytes == w.bytes.size() - w.ends[0]);
  CHECK(c->damaged_blocks == 0);
}

TEST_CASE("K25, K10: a bad block before the synced offset is damage, the others are kept",
          "[segment]") {
  const bool zeros = GENERATE(true, false);
  written w = write_segment(4, 3);
  if (zeros) {
    for (std::size_t i = w.ends[0]; i < w.ends[1]; ++i) w.bytes[i] = '\0';
  } else {
    w.bytes[w.ends[1] - 5] ^= 1;  // in its text: the header still leads to the next block
  }
  const auto c = scan(w.bytes);
  REQUIRE(c);
  CHECK(c->blocks.size() == 3);
  CHECK(c->damaged_blocks == 1);
  CHECK(c->damage.size() == 1);
  CHECK(c->tail_bytes == 0);
  CHECK(c->good_bytes == w.bytes.size());
}

TEST_CASE("K25: a trailer proves that a bad block before it is damage", "[segment]") {
  written w = write_segment(3, 0, true);
  w.bytes[w.ends[2] - 5] ^= 1;
  const auto c = scan(w.bytes);
  REQUIRE(c);
  CHECK(c->blocks.size() == 2);
  CHECK(c->damaged_blocks == 1);
  CHECK(c->trailer);
}

TEST_CASE("ingest segment: every bit flip is found, and costs at most its block", "[segment]") {
  const written w = write_segment(3, 0, true);
  for (std::size_t bit = 0; bit < w.bytes.size() * 8; ++bit) {
    std::string bytes = w.bytes;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const auto c = scan(bytes);
    INFO("bit " << bit);
    if (bit / 8 < file_header_bytes) {
      REQUIRE_FALSE(c);
      continue;
    }
    REQUIRE(c);
    const bool in_trailer = bit / 8 >= w.ends[2];
    REQUIRE(c->blocks.size() == (in_trailer ? 3 : 2));
    REQUIRE(c->trailer.has_value() != in_trailer);
    REQUIRE(c->damaged_blocks + c->tail_bytes > 0);
    for (const block_ref& b : c->blocks) REQUIRE(load_block(b));
  }
}

TEST_CASE("C3: a block at another offset than it was written for is not taken", "[segment]") {
  written w = write_segment(3, 0, true);
  const std::string second = w.bytes.substr(w.ends[0], w.ends[1] - w.ends[0]);
  const std::string third = w.bytes.substr(w.ends[1], w.ends[2] - w.ends[1]);
  const std::string swapped =
      w.bytes.substr(0, w.ends[0]) + third + second + w.bytes.substr(w.ends[2]);
  const auto c = scan(swapped);
  REQUIRE(c);
  CHECK(c->blocks.size() == 1);
  CHECK(c->damaged_blocks == 2);
}

TEST_CASE("ingest segment: a block inside another's text is not found", "[segment]") {
  // A record whose text is a block, incompressible enough to lie in the file as it is.
  written w = write_segment(1, 0);
  batch b;
  b.add(record_view{ulid::make(1, 1, 1), "t", encode_block(lines_batch(1, 200), 1).bytes, false});
  encoded_block outer = encode_block(b, -5);
  outer.bytes[outer.bytes.size() - 1] ^= 1;
  const auto c = scan(w.bytes + outer.bytes);
  REQUIRE(c);
  CHECK(c->blocks.size() == 1);
  CHECK(c->good_bytes == w.ends[0]);
}

TEST_CASE("ingest segment: random bytes never crash the scan", "[segment]") {
  prng random(9);
  const written w = write_segment(3, 2, true);
  for (int round = 0; round < 500; ++round) {
    std::string bytes = w.bytes;
    for (std::uint64_t n = random.below(20); n > 0; --n) {
      const std::size_t at = file_header_bytes + random.below(bytes.size() - file_header_bytes);
      const std::uint64_t what = random.below(3);
      if (what == 0) bytes[at] = static_cast<char>(random.below(256));
      if (what == 1) bytes.erase(at, random.below(300));
      if (what == 2) bytes.insert(at, random.below(300), static_cast<char>(random.below(256)));
    }
    const auto c = scan(bytes);
    REQUIRE(c);
    REQUIRE(c->good_bytes <= bytes.size());
    for (const block_ref& b : c->blocks) REQUIRE(load_block(b));
  }
}

TEST_CASE("K25: a failed append leaves no trace, and the segment goes on", "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = ingest_segment_writer::create(disk, sample_dir, "segment", 0);
  REQUIRE(w);
  REQUIRE((*w)->append(one(lines_batch(1, a_block))));
  const std::uint64_t before = (*w)->file_bytes();
  disk.fail_operation(disk.operations() + 1, errc::no_space);
  const auto failed = (*w)->append(one(lines_batch(100, a_block)));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::no_space);
  CHECK(disk.contents(path)->size() == before);
  CHECK_FALSE((*w)->poisoned());
  CHECK((*w)->records() == a_block);
  REQUIRE((*w)->append(one(lines_batch(200, a_block))));
  const auto c = scan(*disk.contents(path));
  REQUIRE(c);
  CHECK(c->blocks.size() == 2);
  CHECK(c->tail_bytes == 0);
}

TEST_CASE("K25: of blocks appended together all are taken back where one fails", "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = ingest_segment_writer::create(disk, sample_dir, "segment", 0);
  REQUIRE(w);
  REQUIRE((*w)->append(one(lines_batch(1, a_block))));
  const std::string before = *disk.contents(path);
  const auto three = [] {
    std::vector<encoded_block> blocks;
    for (std::uint64_t i = 1; i < 4; ++i) {
      blocks.push_back(encode_block(lines_batch(i * 1000, a_block), 1));
    }
    return blocks;
  };
  disk.fail_operation(disk.operations() + 3, errc::no_space);
  REQUIRE_FALSE((*w)->append(three()));
  CHECK(*disk.contents(path) == before);
  CHECK_FALSE((*w)->poisoned());
  REQUIRE((*w)->append(three()));
  const auto c = scan(*disk.contents(path));
  REQUIRE(c);
  CHECK(c->blocks.size() == 4);
  CHECK(c->damaged_blocks == 0);
  CHECK(c->tail_bytes == 0);
}

TEST_CASE("C5: after a failed sync nothing is appended or synced again", "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = ingest_segment_writer::create(disk, sample_dir, "segment", 0);
  REQUIRE(w);
  REQUIRE((*w)->append(one(lines_batch(1, a_block))));
  disk.fail_syncs(true);
  REQUIRE_FALSE((*w)->sync());
  disk.fail_syncs(false);
  CHECK((*w)->poisoned());
  CHECK_FALSE((*w)->sync());
  CHECK_FALSE((*w)->append(one(lines_batch(100, a_block))));
  CHECK_FALSE((*w)->finish(0));
  CHECK(disk.syncs_after_failure() == 0);
  CHECK((*w)->synced_bytes() == 0);
}

TEST_CASE("C1: what sync has confirmed is found in every crash state", "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = ingest_segment_writer::create(disk, sample_dir, "segment", 1 << 16);
  REQUIRE(w);
  std::size_t synced = 0;
  std::size_t appended = 0;
  std::size_t states = 0;
  const auto check = [&] {
    disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
      ++states;
      const auto c = scan_ingest_segment(image, path, true);
      INFO(what);
      if (!c) {
        REQUIRE(synced == 0);
        return;
      }
      REQUIRE(c->blocks.size() >= synced);
      REQUIRE(c->blocks.size() <= appended);
      REQUIRE(c->damaged_blocks == 0);
    });
  };
  disk.on_operation(check);
  for (std::size_t i = 0; i < 6; ++i) {
    ++appended;
    REQUIRE((*w)->append(one(lines_batch(1 + i * a_block, a_block))));
    if (i % 2 == 0) continue;
    REQUIRE((*w)->sync());
    synced = appended;
    check();
  }
  REQUIRE((*w)->finish(1));
  check();
  CHECK(states > 100);
}

TEST_CASE("ingest segment: a torn one is completed in place", "[segment]") {
  const written w = write_segment(3, 0);
  sim::disk disk;
  disk.plant_file(path, w.bytes.substr(0, w.bytes.size() - 7));
  const auto c = scan_ingest_segment(disk, path, true);
  REQUIRE(c);
  const auto size = complete_ingest_segment(disk, path, *c, 5);
  REQUIRE(size);
  const auto again = scan_ingest_segment(disk, path, true);
  REQUIRE(again);
  CHECK(again->file_bytes == *size);
  CHECK(again->tail_bytes == 0);
  CHECK(again->blocks.size() == 2);
  REQUIRE(again->trailer);
  CHECK(again->trailer->shard == 5);
  CHECK(again->trailer->records == 2 * a_block);
}
