#include <catch2/catch.hpp>

#include "store/scan_world.h"

using namespace oklog;
using namespace oklog::scan_world;

namespace {

// A file that is a string.
class bytes_file : public env::file {
 public:
  result<> append(std::string_view bytes) override {
    bytes_.append(bytes);
    return {};
  }
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    return bytes_.copy(out, size, offset);
  }
  result<std::uint64_t> size() override { return bytes_.size(); }
  result<> sync() override { return {}; }
  result<> truncate(std::uint64_t size) override {
    bytes_.resize(size);
    return {};
  }
  result<> preallocate(std::uint64_t) override { return {}; }

  std::string bytes_;
};

// The same blocks, but in one file.
struct filed {
  bytes_file* file = nullptr;
  std::vector<block_ref> blocks;
};

filed to_file(const std::vector<block_ref>& memory) {
  auto owner = std::make_unique<bytes_file>();
  filed out;
  out.file = owner.get();
  auto data = std::make_shared<data_file>();
  data->path = "/somewhere/data/x.flushed";
  data->file = std::move(owner);
  for (block_ref ref : memory) {
    encoded_block block = encode_block(*ref.memory, block_compression_level);
    ref.memory = nullptr;
    ref.file = data;
    ref.offset = out.file->bytes_.size();
    ref.header_frame_bytes = block.header.header_frame_bytes;
    ref.text_frame_bytes = block.header.text_frame_bytes;
    place_block(block.bytes, ref.offset, 0);
    out.file->bytes_ += block.bytes;
    out.blocks.push_back(ref);
  }
  return out;
}

}  // namespace

TEST_CASE("scan: blocks in files answer as those in memory do", "[store]") {
  prng random(31);
  for (int round = 0; round < 20; ++round) {
    const world w = random_world(random, 300, 50);
    const filed f = to_file(w.blocks);
    for (const parameters& params :
         {parameters{}, parameters{{"q", "a"}}, parameters{{"q", "absent"}},
          parameters{{"q", "^b|É$"}, {"regex", "1"}}, parameters{{"q", "a\nb"}},
          parameters{{"topic", "web"}, {"q", "b"}}}) {
      const query q = make_query(params);
      const answered got = answer(scan(q, f.blocks, memory_of(4000)));
      REQUIRE(got.text == expected(q, w.rows));
      REQUIRE(got.stats.segments_queried == 1);
      REQUIRE(got.stats.bytes_read > 0);
      REQUIRE(got.covered.state == coverage_state::full);
      query c = q;
      c.count_only = true;
      REQUIRE(answer(scan(c, f.blocks, memory_of(4000))).text ==
              std::to_string(got.stats.records_matched) + "\n");
    }
  }
}

TEST_CASE("scan: a damaged block is an error and a sentence, once, and the others are found (K20)",
          "[store]") {
  std::vector<row> rows;
  std::vector<block_ref> memory;
  for (std::uint64_t i = 0; i < 40; ++i) {
    // Side by side in time, so that little memory makes several passes.
    std::vector<row> block;
    for (std::uint64_t k = 0; k < 20; ++k) {
      block.push_back({ulid::make(1000 + k, i, k), "t", "text " + std::to_string(i * k)});
    }
    if (i != 7) rows.insert(rows.end(), block.begin(), block.end());
    memory.push_back(memory_block(block));
  }
  for (const parameters& params : {parameters{}, parameters{{"q", "text"}}}) {
    const query q = make_query(params);
    filed f = to_file(memory);
    const block_ref& bad = f.blocks[7];
    f.file->bytes_[bad.offset + bad.header_frame_bytes + bad.text_frame_bytes / 2] ^= 1;
    for (const std::size_t bytes_max : {std::size_t{4000}, scan_pending_bytes_max}) {
      const answered got = answer(scan(q, f.blocks, memory_of(bytes_max)));
      CHECK(got.text == expected(q, rows));
      CHECK(got.stats.error_count == 1);
      CHECK(got.covered.state == coverage_state::partial);
      REQUIRE(got.covered.missing.size() == 1);
      CHECK(got.covered.missing[0].starts_with("block at " + std::to_string(bad.offset) +
                                               " of x.flushed: "));
    }
  }
}

TEST_CASE("scan: a file that became shorter is an error, not a crash (K20)", "[store]") {
  const world w{{}, {memory_block({{ulid::make(1000, 1, 1), "t", "x"}})}};
  const filed f = to_file(w.blocks);
  f.file->bytes_.resize(f.file->bytes_.size() - 3);
  const answered got = answer(scan(make_query({}), f.blocks));
  CHECK(got.text == "");
  CHECK(got.stats.error_count == 1);
}
