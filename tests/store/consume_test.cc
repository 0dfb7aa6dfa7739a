#include "oklog/store/consume.h"

#include "oklog/base/bytes.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;

namespace {

// An ingest segment with a first block whose text does not decode, though both its hashes hold: as
// a broken sender makes it. Offsets of docs/format.md.
std::string with_broken_text(std::string bytes) {
  constexpr std::size_t at_tag = 8, at_hash = 32, at_records = 40, at_text_hash = 88;
  char* const block = bytes.data() + file_header_bytes;
  const std::size_t head = 8 + get_int<std::uint32_t>(block + 4);
  const auto header = read_block_header({block, head}, file_header_bytes);
  REQUIRE(header);
  block[header->bytes() - 1] ^= 1;
  const std::string_view text(block + header->header_frame_bytes, header->text_frame_bytes);
  set_int(block + at_text_hash, xxh3_64(text));
  const std::string_view hashed(block + at_records, header->header_frame_bytes - at_records);
  set_int(block + at_hash, xxh3_64(hashed, get_int<std::uint64_t>(block + at_tag)));
  return bytes;
}

}  // namespace

TEST_CASE("consume: records come back as they went in, sorted by topic and ULID", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  plain_records in = lines(first_ms, 1, 500, "web", 3);
  const plain_records other = lines(first_ms, 1, 300, "db", 4);
  in.insert(in.end(), other.begin(), other.end());
  in.push_back({ulid::make(first_ms + 5, 9, 1), "odd", std::string("a\nb\0c%d\r", 8)});
  std::reverse(in.begin(), in.begin() + 400);
  auto done = world.consume(in);
  REQUIRE(done);
  CHECK(done->records_in == in.size());
  CHECK(done->records_out == in.size());
  CHECK(world.contents() == sorted(in));
  REQUIRE(world.log().segments() == 1);
  const store_footer& footer = world.log().live()[0]->footer;
  CHECK(footer.topics == std::vector<std::string>{"db", "odd", "web"});
  CHECK(footer.write_set == std::vector<std::string>{new_store_id});
  world.verify_segments();
}

TEST_CASE("K8: every record read is in a piece or was dropped as equal", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const plain_records a = lines(first_ms, 1, 200);
  const plain_records b = lines(first_ms + 100, 101, 200);  // its first half is a's second
  auto done = world.consume({ingest_bytes(a), ingest_bytes(b)});
  REQUIRE(done);
  CHECK(done->records_in == 400);
  CHECK(done->records_out == 300);
  CHECK(done->dropped == 100);
  CHECK(done->segments.size() == 2);
  CHECK(world.contents() == lines(first_ms, 1, 300));
}

TEST_CASE("K1: equal ULIDs with other text are both kept and counted", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const ulid id = ulid::make(first_ms, 1, 1);
  const plain_records in{{id, "t", "y"}, {id, "t", "x"}, {id, "t", "y"}, {id, "u", "y"}};
  auto done = world.consume(in);
  REQUIRE(done);
  CHECK(done->conflicts == 1);
  CHECK(done->dropped == 1);
  CHECK(world.contents() == plain_records{{id, "t", "x"}, {id, "t", "y"}, {id, "u", "y"}});
}

TEST_CASE("K1, D12: many contents under one ULID stay together and in order", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  plain_records in;
  for (int i = 0; i < 600; ++i) {
    in.push_back({ulid::make(first_ms, 1, 1), "t", std::to_string(i) + std::string(1000, 'x')});
  }
  plain_records after = lines(first_ms + 1, 2, 10, "t");
  in.insert(in.end(), after.begin(), after.end());
  REQUIRE(world.consume(in));
  REQUIRE(world.consume(in));
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.compact_all() == 1);
  CHECK(world.contents() == sorted(in));
  world.verify_segments();
}

TEST_CASE("K6: the shard of the ingest segments is the shard of the pieces", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const std::string bytes = ingest_bytes(lines(first_ms, 1, 10), 5);
  auto summary = summarize_ingest_segment(bytes);
  REQUIRE(summary);
  CHECK(summary->shard == 5);
  CHECK(summary->records == 10);
  auto done = world.consume({bytes});
  REQUIRE(done);
  REQUIRE(done->pieces.size() == 1);
  CHECK(done->pieces[0].partition == partition{480'000, 5});
  auto mixed = world.consume({bytes, ingest_bytes(lines(first_ms, 20, 10), 6)});
  REQUIRE(!mixed);
  CHECK(mixed.error().code == errc::invalid);
  CHECK(world.log().segments() == 1);
}

TEST_CASE("K6, K8: a claim that crosses windows is cut into a piece for each", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  plain_records in = lines(first_ms + window_ms - 50, 1, 100, "b");
  const plain_records other = lines(first_ms + window_ms - 50, 1, 100, "a", 8);
  in.insert(in.end(), other.begin(), other.end());
  auto done = world.consume(in);
  REQUIRE(done);
  REQUIRE(done->pieces.size() == 2);
  CHECK(done->pieces[0].partition == partition{480'000, 0});
  CHECK(done->pieces[1].partition == partition{480'001, 0});
  CHECK(world.contents() == sorted(in));
}

TEST_CASE("K10: a segment with a damaged block is consumed without it and reported", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const plain_records in = lines(first_ms, 1, 300);
  std::string bytes = ingest_bytes(in);
  const std::size_t second_block = bytes.find("line 150");
  const std::size_t at = second_block == std::string::npos ? bytes.size() / 2 : second_block;
  bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
  auto done = world.consume({bytes, ingest_bytes(lines(first_ms, 301, 50))});
  REQUIRE(done);
  REQUIRE(done->segments.size() == 2);
  CHECK(done->segments[0].damaged_blocks == 1);
  CHECK(done->segments[0].records == 200);
  CHECK(done->segments[0].hash == xxh3_128(bytes));
  CHECK(done->segments[1].damaged_blocks == 0);
  CHECK(world.contents().size() == 250);
}

TEST_CASE("K10: a block that cannot be decoded, though its hashes hold, is left out and reported",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const std::string bytes = with_broken_text(ingest_bytes(lines(first_ms, 1, 300)));
  auto done = world.consume({bytes, ingest_bytes(lines(first_ms, 301, 50))});
  REQUIRE(done);
  CHECK(done->segments[0].damaged_blocks == 1);
  CHECK(done->segments[0].records == 200);
  CHECK(done->segments[1].damaged_blocks == 0);
  CHECK(world.contents().size() == 250);
}

TEST_CASE("K10, D5, D11: garbage in place of a segment is reported and holds nobody up",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const std::string good = ingest_bytes(lines(first_ms, 1, 50));
  for (const std::string& bad : {std::string(), std::string("x"), std::string(5000, 'x'),
                                 good.substr(0, 40), good.substr(0, good.size() - 1)}) {
    auto done = world.consume({bad, good});
    REQUIRE(done);
    CHECK(done->segments[0].damaged_blocks > 0);
    CHECK(done->segments[1].records == 50);
  }
  CHECK(unique(world.contents()) == lines(first_ms, 1, 50));
}

TEST_CASE("D4: a line larger than a block passes through the store", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  plain_records in = lines(first_ms, 1, 3);
  in[1].text = std::string(1024 * 1024, 'l');
  REQUIRE(world.consume(in));
  CHECK(world.contents() == sorted(in));
}

TEST_CASE("D11: a repeated merge writes new names and leaves nothing behind", "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const plain_records in = lines(first_ms, 1, 100);
  auto once = world.consume(in);
  auto again = world.consume(in);
  REQUIRE(once);
  REQUIRE(again);
  CHECK(once->pieces[0].name != again->pieces[0].name);
  CHECK(unique(world.contents()) == in);
  world.clock.pass(std::chrono::hours(2));
  world.compact_all();
  CHECK(world.contents() == in);
  CHECK(world.log().segments() == 1);
}

TEST_CASE("K8: a merge that fails at any disk operation leaves no file and loses nothing",
          "[store]") {
  const plain_records in = lines(first_ms + window_ms - 50, 1, 100);
  const std::string bytes = ingest_bytes(in);
  std::size_t failures = 0;
  for (std::uint64_t n = 1; n < 40; ++n) {
    sim::disk disk;
    store_world world;
    REQUIRE(world.open(disk));
    const std::size_t files = disk.files().size();
    disk.fail_operation(disk.operations() + n, n % 2 == 0 ? errc::io : errc::no_space);
    auto done = world.consume({bytes});
    if (done) continue;
    ++failures;
    CHECK(world.log().segments() == 0);
    CHECK(disk.files().size() <= files + 1);  // where the removal itself was what failed
    auto again = world.consume({bytes});
    REQUIRE(again);
    CHECK(world.contents() == in);
  }
  CHECK(failures >= 10);
}

TEST_CASE("consume: full blocks that lie alone are taken over among others that are merged",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const auto long_lines = [](std::uint64_t ms, std::uint64_t seq, const std::string& topic,
                             std::uint64_t stream) {
    plain_records r = lines(ms, seq, 100, topic, stream);
    for (plain_record& line : r) line.text.resize(2500, 'x');
    return r;
  };
  plain_records in = long_lines(first_ms, 1, "b", 1);  // alone
  const auto then = [&in](const plain_records& more) {
    in.insert(in.end(), more.begin(), more.end());
  };
  then(long_lines(first_ms + 1000, 200, "a", 2));  // alone, of an earlier topic
  then(long_lines(first_ms + 2000, 400, "b", 1));  // these two meet
  then(long_lines(first_ms + 2050, 450, "b", 1));
  then(lines(first_ms + 3000, 700, 100, "b", 1));                 // small
  then(long_lines(first_ms + window_ms, 900, "a", 1));            // alone, in the next window
  then(long_lines(first_ms + 2 * window_ms - 50, 1100, "a", 1));  // over a window's end
  const std::string bytes = ingest_bytes(in);
  auto done = world.consume({bytes});
  REQUIRE(done);
  CHECK(done->pieces.size() == 3);
  CHECK(done->dropped == 50);
  CHECK(world.contents() == unique(in));
  world.verify_segments();
  auto twice = world.consume({bytes, bytes});
  REQUIRE(twice);
  CHECK(twice->records_out == done->records_out);
}

TEST_CASE("K10, D22: more records than fit in memory go to several pieces of one partition",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  std::vector<std::string> files;
  std::uint64_t count = 0;
  const std::string empty_lines(450'000, '\n');
  for (std::uint64_t i = 0; i < 4; ++i) {
    batch b;  // whose range meets that of the others: it cannot be copied
    const std::uint32_t topic = b.topic_index("t");
    b.add_lines(first_ms, 1 + i, 1, topic, empty_lines, 450'000);
    b.add_lines(first_ms + 1, 1 + i, 450'001, topic, empty_lines, 450'000);
    sim::disk scratch;
    REQUIRE(scratch.make_dirs("/i"));
    auto writer = ingest_segment_writer::create(scratch, "/i", format(ulid{1, i}) + ".active", 0);
    REQUIRE(writer);
    std::vector<encoded_block> blocks;
    blocks.push_back(encode_block(b, block_compression_level));
    REQUIRE((*writer)->append(std::move(blocks)));
    REQUIRE((*writer)->finish(0));
    files.push_back(*scratch.contents((*writer)->file()->path));
    count += b.records();
  }
  auto done = world.consume(std::move(files));
  REQUIRE(done);
  CHECK(done->records_out == count);
  CHECK(done->pieces.size() == 2);
}
