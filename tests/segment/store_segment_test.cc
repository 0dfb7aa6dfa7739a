#include "oklog/segment/store_segment.h"

#include "oklog/segment/describe.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/filter_reader.h"
#include "oklog/segment/names.h"
#include "segment/samples.h"

using namespace oklog;
using namespace oklog::test;

namespace {

batch topic_batch(const std::string& topic, std::uint64_t first_seq, std::uint32_t count) {
  batch b;
  const std::uint32_t t = b.topic_index(topic);
  for (std::uint32_t i = 0; i < count; ++i) {
    b.add(ulid::make(sample_ms + first_seq + i, 9, first_seq + i), t, "text " + std::to_string(i));
  }
  return b;
}

result<> write_segment(env::filesystem& fs, store_segment_writer::published* out = nullptr) {
  TRY_LET(auto w,
          store_segment_writer::create(fs, sample_dir, sample_partition, {sample_id}, sample_id));
  for (const char* topic : {"a", "b"}) {
    for (std::uint64_t first : {1, 100}) {
      const batch b = topic_batch(topic, first, 30);
      encoded_block block = encode_block(b, 1);
      block_filter filter = build_filter(b.text(), block.bytes.size());
      TRY(w->append(std::move(block), topic, digest_of(b), std::move(filter)));
    }
  }
  TRY_LET(auto done, w->publish());
  if (out != nullptr) *out = std::move(done);
  return {};
}

struct made {
  std::string name;
  std::string bytes;
  store_footer footer;
};

made make_segment() {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  store_segment_writer::published p;
  REQUIRE(write_segment(disk, &p));
  return {p.name, *disk.contents(sample_dir + "/" + p.name), p.footer};
}

struct opened {
  std::unique_ptr<sim::disk> disk = std::make_unique<sim::disk>();
  result<store_segment> segment;
};

opened open_bytes(const std::string& bytes) {
  opened o{};
  o.disk->plant_file(sample_dir + "/x", bytes);
  o.segment = open_store_segment(*o.disk, sample_dir, "x");
  return o;
}

std::uint64_t footer_offset(const made& m) {
  const store_block& last = m.footer.blocks.back();
  return last.offset + last.header.bytes() + m.footer.filters.frame_bytes;
}

// The segment with `change` applied to its footer's bytes, and a right hash.
template <class Change>
std::string with_footer(const made& m, Change change) {
  const std::uint64_t at = footer_offset(m);
  std::string frame = m.bytes.substr(at);
  change(frame);
  set_int(frame.data() + 4, static_cast<std::uint32_t>(frame.size() - 8));
  const std::string_view body = std::string_view(frame).substr(0, frame.size() - 20);
  const std::uint64_t hash = xxh3_64(body, at);
  set_int(frame.data() + frame.size() - 20, hash);
  set_int(frame.data() + frame.size() - 12, static_cast<std::uint32_t>(frame.size()));
  return m.bytes.substr(0, at) + frame;
}

}  // namespace

TEST_CASE("store segment: its footer and blocks come back, and zstdcat prints the text",
          "[segment]") {
  const made m = make_segment();
  CHECK(m.name == format(partition(sample_partition)) + "-" + sample_id + ".flushed");
  const opened o = open_bytes(m.bytes);
  REQUIRE(o.segment);
  const store_footer& f = o.segment->footer;
  CHECK(f.partition == sample_partition);
  CHECK(f.write_set == std::vector<std::string>{sample_id});
  CHECK(f.topics == std::vector<std::string>{"a", "b"});
  CHECK(f.blocks.size() == 4);
  CHECK(f.digest == m.footer.digest);
  CHECK(f.digest.count == 120);
  CHECK(f.file_hash == xxh3_128(m.bytes.substr(0, footer_offset(m))));
  std::string text;
  for (const block_ref& b : o.segment->blocks(ulid_min, ulid_max)) {
    const auto records = load_block(b);
    REQUIRE(records);
    CHECK(records->topics()[0] == b.topic);
    text += records->text();
  }
  CHECK(zstdcat(m.bytes) == text);
  CHECK(verify_store_segment(*o.segment));
}

TEST_CASE("store segment: only blocks that meet the range are named", "[segment]") {
  const made m = make_segment();
  const opened o = open_bytes(m.bytes);
  REQUIRE(o.segment);
  const auto count = [&](std::uint64_t from, std::uint64_t to) {
    return o.segment->blocks(ulid::lowest(sample_ms + from), ulid::highest(sample_ms + to)).size();
  };
  CHECK(count(0, 0) == 0);
  CHECK(count(30, 30) == 2);
  CHECK(count(31, 99) == 0);
  CHECK(count(30, 100) == 4);
  CHECK(count(129, 500) == 2);
  CHECK(count(130, 500) == 0);
}

TEST_CASE("C3: every prefix of a store segment is torn, never half read", "[segment]") {
  const made m = make_segment();
  for (std::size_t n = 0; n < m.bytes.size(); ++n) {
    const opened o = open_bytes(m.bytes.substr(0, n));
    REQUIRE_FALSE(o.segment);
    REQUIRE(o.segment.error().code == errc::corruption);
  }
}

TEST_CASE("store segment: every bit flip is found", "[segment]") {
  const made m = make_segment();
  const std::uint64_t at = footer_offset(m);
  for (std::size_t bit = 0; bit < m.bytes.size() * 8; ++bit) {
    std::string bytes = m.bytes;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const opened o = open_bytes(bytes);
    INFO("bit " << bit);
    const bool head = bit / 8 < file_header_bytes || bit / 8 >= at;
    REQUIRE(o.segment.has_value() != head);
    if (!head && bit % 5 == 0) REQUIRE_FALSE(verify_store_segment(*o.segment));
  }
}

TEST_CASE("store segment: a footer that lies with a right hash is corruption", "[segment]") {
  const made m = make_segment();
  prng random(31);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = with_footer(m, [&](std::string& frame) {
      for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
        const std::size_t at = 16 + random.below(frame.size() - 36);
        frame[at] = static_cast<char>(random.chance(1, 3) ? 0xff : random.below(256));
      }
    });
    const opened o = open_bytes(bytes);
    if (!o.segment) {
      ++refused;
      continue;
    }
    // What is believed lies within the file.
    for (const block_ref& b : o.segment->blocks(ulid_min, ulid_max)) {
      REQUIRE(b.offset + b.header_frame_bytes + b.text_frame_bytes <= bytes.size());
      (void)load_block(b);
    }
  }
  CHECK(refused > 1500);
}

TEST_CASE("store segment: filters that lie about their place or size are corruption", "[segment]") {
  const made m = make_segment();
  constexpr std::size_t section_bytes = 12 + 4;  // of four blocks
  REQUIRE(open_bytes(m.bytes).segment->footer.filters.readable());
  const auto with_bytes = [&](std::size_t at, std::string_view bytes) {
    return open_bytes(with_footer(m, [&](std::string& frame) {
      frame.replace(frame.size() - 20 - section_bytes + at, bytes.size(), bytes);
    }));
  };
  const auto frame_bytes = [](std::uint64_t n) {
    std::string bytes;
    put_int(bytes, n);
    return bytes;
  };
  const std::uint64_t right = m.footer.filters.frame_bytes;
  REQUIRE(with_bytes(2, frame_bytes(right)).segment);
  for (const std::uint64_t wrong : {std::uint64_t{0}, right - 8, right - 1, right + 1, right + 512,
                                    ~std::uint64_t{0}, ~std::uint64_t{0} - right}) {
    const opened o = with_bytes(2, frame_bytes(wrong));
    REQUIRE_FALSE(o.segment);
    CHECK(o.segment.error().code == errc::corruption);
  }
  const int size = m.footer.blocks[1].filter_log2;
  for (const int wrong : {0, 1, 5, size - 1, size + 1, 25, 64, 255}) {
    INFO("size 2^" << wrong);
    CHECK_FALSE(with_bytes(13, std::string(1, static_cast<char>(wrong))).segment);
  }
  CHECK_FALSE(with_bytes(0, std::string(2, '\0')).segment);
}

TEST_CASE("store segment: filters of another version, gram or hash are passed over", "[segment]") {
  const made m = make_segment();
  for (const std::size_t at : {0, 10, 11}) {
    const std::string bytes =
        with_footer(m, [&](std::string& frame) { ++frame[frame.size() - 20 - 16 + at]; });
    const opened o = open_bytes(bytes);
    REQUIRE(o.segment);
    filter_reader reader(*o.segment);
    CHECK_FALSE(reader.has_filters());
    block_set candidates = block_set::all(4);
    REQUIRE(reader.keep_blocks_that_may_hold("nowhere to be found", candidates));
    CHECK(candidates.count() == 4);
    CHECK(verify_store_segment(*o.segment));
  }
}

TEST_CASE("store segment: a size of 2^32 - 1 at its end is refused", "[segment]") {
  made m = make_segment();
  for (const std::uint32_t size : {0xffffffffU, 0x7fffffffU, 0U, 35U, 36U}) {
    set_int(m.bytes.data() + m.bytes.size() - 12, size);
    CHECK_FALSE(open_bytes(m.bytes).segment);
  }
}

TEST_CASE("store segment: unknown optional sections are passed over, required ones refuse",
          "[segment]") {
  const made m = make_segment();
  const auto with_section = [&](char type) {
    return with_footer(m, [&](std::string& frame) {
      std::string section(1, type);
      put_int(section, std::uint32_t{4});
      frame.insert(frame.size() - 20, section + "grep");
    });
  };
  CHECK(open_bytes(with_section('\x06')).segment);
  const opened o = open_bytes(with_section('\x87'));
  REQUIRE_FALSE(o.segment);
  CHECK(o.segment.error().code == errc::invalid);
}

TEST_CASE("store segment: a newer footer is invalid, not damaged", "[segment]") {
  const made m = make_segment();
  const opened o = open_bytes(with_footer(m, [](std::string& frame) { frame[12] = 2; }));
  REQUIRE_FALSE(o.segment);
  CHECK(o.segment.error().code == errc::invalid);
}

TEST_CASE("C1: a store segment has its name only when all of it is on disk", "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  std::size_t states = 0;
  std::string expected;
  const auto check = [&](bool done) {
    disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
      ++states;
      INFO(what);
      bool there = false;
      for (const std::string& file : image.files()) {
        const auto name = parse_store_name(file.substr(sample_dir.size() + 1));
        REQUIRE(name);
        if (name->state != segment_state::flushed) continue;
        there = true;
        const auto s = open_store_segment(image, sample_dir, file.substr(sample_dir.size() + 1));
        REQUIRE(s);
        REQUIRE(verify_store_segment(*s));
      }
      if (done) REQUIRE(there);
    });
  };
  disk.on_operation([&] { check(false); });
  REQUIRE(write_segment(disk));
  check(true);
  CHECK(states > 10);
}

TEST_CASE("C5: a store segment that fails at any operation leaves nothing behind", "[segment]") {
  for (std::uint64_t n = 1;; ++n) {
    sim::disk disk;
    disk.plant_directory(sample_dir);
    disk.fail_operation(disk.operations() + n);
    const auto written = write_segment(disk);
    if (written) break;
    INFO("operation " << n);
    REQUIRE(disk.files().empty());
    REQUIRE(n < 100);
  }
}

TEST_CASE("describe: a sound segment says what it holds, a damaged one what is wrong",
          "[segment]") {
  const made m = make_segment();
  sim::disk disk;
  disk.plant_file("/d/good", m.bytes);
  std::string bad = m.bytes;
  bad[m.footer.blocks[1].offset + 120] ^= 1;
  bad[m.footer.blocks[3].offset + 120] ^= 1;
  disk.plant_file("/d/bad", bad);
  const auto good = describe_segment(disk, "/d/good", true);
  REQUIRE(good);
  CHECK(good->sound);
  for (const char* text : {"store segment", "2024-10-04T00Z-s002", "120", "a b", "checksum holds",
                           "4 blocks with 2^"}) {
    CHECK_THAT(good->text, Catch::Contains(text));
  }
  const auto damaged = describe_segment(disk, "/d/bad", true);
  REQUIRE(damaged);
  CHECK_FALSE(damaged->sound);
  for (const std::size_t i : {1, 3}) {
    CHECK_THAT(damaged->text,
               Catch::Contains("block at " + std::to_string(m.footer.blocks[i].offset)));
  }
}
