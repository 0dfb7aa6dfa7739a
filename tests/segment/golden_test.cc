// Files of every format version that was ever released are read for ever. They were written once by
// the hidden test [.golden], which adds those that are missing and touches no other.
#include <fstream>
#include <sstream>

#include "oklog/segment/file_header.h"
#include "oklog/segment/filter_reader.h"
#include "segment/samples.h"

using namespace oklog;
using namespace oklog::test;

namespace {

const std::string golden = std::string(OKLOG_SOURCE_DIR) + "/tests/data/golden/";

std::string load(const std::string& name) {
  std::ifstream in(golden + name, std::ios::binary);
  REQUIRE(in);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

struct golden_record {
  std::uint64_t ms, stream, seq;
  const char* topic;
  std::string text;
  bool continuation = false;
};

// What the golden files hold, block by block.
std::vector<std::vector<golden_record>> ingest_records() {
  return {{{sample_ms, 0xab12345678, 1, "default", "the first line"},
           {sample_ms, 0xab12345678, 2, "default", ""},
           {sample_ms + 1, 0xab12345678, 3, "default", "tab\tand \xe2\x82\xac and \x1b[31mred"},
           {sample_ms, 7, 90, "web", "GET /index.html 200"}},
          {{sample_ms + 2, 7, 91, "web", "a line that was"},
           {sample_ms + 2, 7, 92, "web", " cut in two", true},
           {sample_ms + 9, 7, 500, "db_2", "two\nlines in one record"},
           {sample_ms - 3, 8, (1ULL << 40) - 1, "web", std::string("nul\0 and \xff", 10)}}};
}

std::vector<std::vector<golden_record>> store_records() {
  return {{{sample_ms + 9, 7, 500, "db_2", "two\nlines in one record"}},
          {{sample_ms, 0xab12345678, 1, "default", "the first line"},
           {sample_ms, 0xab12345678, 2, "default", ""}},
          {{sample_ms + 2, 7, 91, "web", "a line that was"},
           {sample_ms + 2, 7, 92, "web", " cut in two", true}}};
}

batch to_batch(const std::vector<golden_record>& records) {
  batch b;
  for (const golden_record& r : records) {
    b.add(record_view{ulid::make(r.ms, r.stream, r.seq), r.topic, r.text, r.continuation});
  }
  return b;
}

std::string text_of(const std::vector<std::vector<golden_record>>& blocks) {
  std::string text;
  for (const auto& records : blocks) text += to_batch(records).text();
  return text;
}

std::string make_ingest(bool finish) {
  sim::disk disk;
  disk.plant_directory("/d");
  auto w = ingest_segment_writer::create(disk, "/d", "x", 0);
  REQUIRE(w);
  for (const auto& records : ingest_records()) {
    REQUIRE((*w)->append(one(to_batch(records))));
    REQUIRE((*w)->sync());
  }
  if (finish) {
    REQUIRE((*w)->finish(3));
  }
  return *disk.contents("/d/x");
}

enum class filters { none, all };

std::string make_store(filters which) {
  sim::disk disk;
  disk.plant_directory("/d");
  const partition where{sample_ms / window_ms, 3};
  auto w = store_segment_writer::create(disk, "/d", where, {sample_id}, sample_id);
  REQUIRE(w);
  for (const auto& records : store_records()) {
    const batch b = to_batch(records);
    encoded_block block = encode_block(b, 1);
    block_filter filter;
    if (which == filters::all) filter = build_filter(b.text(), block.bytes.size());
    REQUIRE((*w)->append(std::move(block), records[0].topic, digest_of(b), std::move(filter)));
  }
  const auto p = (*w)->publish();
  REQUIRE(p);
  return *disk.contents("/d/" + p->name);
}

void check_blocks(const std::vector<block_ref>& blocks,
                  const std::vector<std::vector<golden_record>>& expected) {
  REQUIRE(blocks.size() == expected.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto b = load_block(blocks[i]);
    REQUIRE(b);
    CHECK(same(*b, to_batch(expected[i])));
  }
}

}  // namespace

TEST_CASE("golden: ingest segments of version 1 are read", "[segment]") {
  const bool flushed = GENERATE(false, true);
  const std::string bytes = load(flushed ? "v1.flushed" : "v1.active");
  sim::disk disk;
  disk.plant_file("/d/x", bytes);
  const auto c = scan_ingest_segment(disk, "/d/x", true);
  REQUIRE(c);
  check_blocks(c->blocks, ingest_records());
  CHECK(c->trailer.has_value() == flushed);
  if (flushed) {
    CHECK(*c->trailer == flush_trailer{3, 2, 8, text_of(ingest_records()).size()});
  }
  CHECK(c->tail_bytes + c->damaged_blocks == 0);
  CHECK(zstdcat(bytes) == text_of(ingest_records()));
}

TEST_CASE("golden: store segments of version 1 are read", "[segment]") {
  const bool has_filters = GENERATE(false, true);
  const std::string bytes = load(has_filters ? "v1-filters.store" : "v1.store");
  sim::disk disk;
  disk.plant_file("/d/x", bytes);
  const auto s = open_store_segment(disk, "/d", "x");
  REQUIRE(s);
  CHECK(s->footer.partition == partition{sample_ms / window_ms, 3});
  CHECK(s->footer.write_set == std::vector<std::string>{sample_id});
  CHECK(s->footer.topics == std::vector<std::string>{"db_2", "default", "web"});
  CHECK(to_hex(s->footer.digest.sum) == "490a71b9372d7102a13e7e4e75ee89fe");
  check_blocks(s->blocks(ulid_min, ulid_max), store_records());
  CHECK(verify_store_segment(*s));
  CHECK(zstdcat(bytes) == text_of(store_records()));
  filter_reader reader(*s);
  CHECK(reader.has_filters() == has_filters);
  block_set candidates = block_set::all(3);
  REQUIRE(reader.keep_blocks_that_may_hold("first line", candidates));
  CHECK(candidates.has(1));
  CHECK(candidates.count() == (has_filters ? 1 : 3));
}

// Only for what is new in the format, into files of its own name.
TEST_CASE("golden: write the files that are missing", "[.golden]") {
  const auto save = [](const std::string& name, const std::string& bytes) {
    if (std::ifstream(golden + name)) return;
    std::ofstream out(golden + name, std::ios::binary);
    out << bytes;
    REQUIRE(out);
  };
  save("v1.active", make_ingest(false));
  save("v1.flushed", make_ingest(true));
  save("v1.store", make_store(filters::none));
  save("v1-filters.store", make_store(filters::all));
}

TEST_CASE("golden: the worked examples of docs/format.md are the files", "[segment]") {
  const std::string named = "tests/data/golden/";
  std::string bytes;  // of the file that the page named last
  std::ifstream in(std::string(OKLOG_SOURCE_DIR) + "/docs/format.md");
  std::size_t compared = 0;
  for (std::string line; std::getline(in, line);) {
    std::size_t at = line.find(named);
    if (at != std::string::npos) {
      const std::string name = line.substr(at + named.size());
      bytes = load(name.substr(0, name.find('`')));
    }
    const bool dump = line.size() > 8 && line.substr(4, 2) == "  " &&
                      line.find_first_not_of("0123456789abcdef") == 4;
    if (!dump) continue;
    at = std::stoul(line.substr(0, 4), nullptr, 16);
    for (std::size_t i = 6; i + 1 < 54 && line[i] != ' '; i += 3, ++at, ++compared) {
      REQUIRE(at < bytes.size());
      REQUIRE(std::stoul(line.substr(i, 2), nullptr, 16) == static_cast<unsigned char>(bytes[at]));
    }
  }
  CHECK(compared == 32 + 0xfd - 0x20 + 64 + 48 + 20);
}
