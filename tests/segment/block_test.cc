#include "oklog/segment/block.h"

#include "segment/samples.h"

using namespace oklog;
using namespace oklog::test;

namespace {

// Offsets of docs/format.md.
constexpr std::size_t at_version = 12;
constexpr std::size_t at_synced = 16;
constexpr std::size_t at_hash = 32;
constexpr std::size_t at_records = 40;
constexpr std::size_t at_raw_bytes = 44;
constexpr std::size_t at_columns = 96;

errc code_of(const result<batch>& r) {
  return r ? errc::not_found : r.error().code;
}

// The hash that makes a changed header whole again, as a hostile sender would.
std::string rehashed(std::string block, std::size_t header_frame_bytes) {
  const std::string_view hashed(block.data() + at_records, header_frame_bytes - at_records);
  set_int(block.data() + at_hash, xxh3_64(hashed, get_int<std::uint64_t>(block.data() + 8)));
  return block;
}

template <class Int>
std::string with(const encoded_block& b, std::size_t at, Int value) {
  std::string bytes = b.bytes;
  set_int(bytes.data() + at, value);
  return rehashed(std::move(bytes), b.header.header_frame_bytes);
}

// The block with one more column of this type at the end of its header frame.
std::string with_column(const encoded_block& b, std::uint8_t type) {
  std::string column(1, static_cast<char>(type));
  put_int(column, std::uint32_t{3});
  column += "abc";
  std::string bytes = b.bytes;
  bytes.insert(b.header.header_frame_bytes, column);
  const std::size_t head = b.header.header_frame_bytes + column.size();
  set_int(bytes.data() + 4, static_cast<std::uint32_t>(head - 8));
  return rehashed(std::move(bytes), head);
}

}  // namespace

TEST_CASE("block: whatever a batch holds comes back", "[segment]") {
  prng random(11);
  for (int round = 0; round < 400; ++round) {
    const batch in = random_batch(random);
    const encoded_block b = encode_block(in, GENERATE(-5, 1));
    REQUIRE(b.bytes.size() == b.header.bytes());
    const auto out = decode_block(b.bytes);
    REQUIRE(out);
    REQUIRE(same(in, *out));
    std::string text;
    REQUIRE(decode_text(b.bytes, text));
    REQUIRE(text == in.text());
    const auto columns = decode_columns(b.bytes);
    REQUIRE(columns);
    REQUIRE(columns->runs == in.runs());
    REQUIRE(columns->topics == in.topics());
    REQUIRE(columns->continuations == in.continuations());
    REQUIRE(columns->lengths == in.lengths());
    REQUIRE(records_are_lines(b.bytes) == in.lengths().empty());
  }
}

TEST_CASE("block: the header says what the block holds", "[segment]") {
  const batch in = lines_batch(1, 100);
  std::string bytes = encode_block(in, 1).bytes;
  place_block(bytes, 4096, 1024);
  const std::uint64_t size =
      header_frame_size(std::string_view(bytes).substr(0, block_probe_bytes));
  const auto h = read_block_header(std::string_view(bytes).substr(0, size), 4096);
  REQUIRE(h);
  CHECK(h->records == 100);
  CHECK(h->raw_bytes == in.bytes());
  CHECK(h->min == in.min());
  CHECK(h->max == in.max());
  CHECK(h->ascii);
  CHECK(h->synced == 1024);
  CHECK(h->placed);
  CHECK(h->bytes() == bytes.size());
  const auto elsewhere = read_block_header(std::string_view(bytes).substr(0, size), 4097);
  REQUIRE(elsewhere);
  CHECK_FALSE(elsewhere->placed);
}

TEST_CASE("K22: a byte of 0x80 or more anywhere clears the ASCII flag", "[segment]") {
  const std::size_t at = GENERATE(std::size_t{0}, 1, 7, 8, 20, 39);
  std::string text(40, 'a');
  batch plain;
  plain.add(record_view{ulid::make(1, 1, 1), "t", text, false});
  CHECK(encode_block(plain, 1).header.ascii);
  text[at] = '\x80';
  batch high;
  high.add(record_view{ulid::make(1, 1, 1), "t", text, false});
  CHECK_FALSE(encode_block(high, 1).header.ascii);
}

TEST_CASE("block: ids of one stream take tens of bytes, not thousands", "[segment]") {
  batch b;
  const std::uint32_t topic = b.topic_index("default");
  for (std::uint64_t i = 0; i < 2000; ++i)
    b.add(ulid::make(sample_ms + i / 400, 7, 1 + i), topic, "x");
  CHECK(encode_block(b, 1).header.header_frame_bytes < at_columns + 60);
}

TEST_CASE("block: ids of a thousand streams mixed take few bytes a record", "[segment]") {
  prng random(5);
  std::vector<std::uint64_t> next(1000, 1);
  batch b;
  const std::uint32_t topic = b.topic_index("default");
  constexpr std::uint32_t records = 20'000;
  for (std::uint64_t i = 0; i < records; ++i) {
    const std::uint64_t s = random.below(1000);
    b.add(ulid::make(sample_ms + i / 40, s << 20, next[s]++), topic, "x");
  }
  // The streams' own dictionary is about eight bytes each, once.
  CHECK(encode_block(b, 1).header.header_frame_bytes < 8 * 1000 + 3 * records);
}

TEST_CASE("block: every bit flip is found", "[segment]") {
  batch in = lines_batch(1, 3);
  in.add(record_view{ulid::make(sample_ms, 1, 1), "other", "a\nb", true});
  std::string bytes = encode_block(in, 1).bytes;
  place_block(bytes, 777, 32);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const std::size_t size = encode_block(in, 1).header.header_frame_bytes;
    const auto h = read_block_header(std::string_view(bad).substr(0, size), 777);
    const bool found = !decode_block(bad) || !h || !h->placed;
    INFO("bit " << bit);
    REQUIRE(found);
    // The placement is the copy's: it alone may differ in a block that is still whole.
    if (bit / 8 < at_synced || bit / 8 >= at_hash) REQUIRE_FALSE(decode_block(bad));
  }
}

TEST_CASE("block: every prefix and every suffix is refused", "[segment]") {
  const std::string bytes = encode_block(lines_batch(1, 20), 1).bytes;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    REQUIRE_FALSE(decode_block(std::string_view(bytes).substr(0, n)));
    REQUIRE_FALSE(decode_block(std::string_view(bytes).substr(n + 1)));
  }
  CHECK_FALSE(decode_block(bytes + "x"));
}

TEST_CASE("K24: claims of a header are checked before anything is allocated", "[segment]") {
  const encoded_block b = encode_block(lines_batch(1, 20), 1);
  CHECK(code_of(decode_block(with(b, at_raw_bytes, std::uint32_t{0xffffffff}))) ==
        errc::corruption);
  CHECK(code_of(decode_block(with(b, at_raw_bytes, b.header.raw_bytes + 1))) == errc::corruption);
  CHECK(code_of(decode_block(with(b, at_records, std::uint32_t{0}))) == errc::corruption);
  CHECK(code_of(decode_block(with(b, at_records, b.header.raw_bytes))) == errc::corruption);
  CHECK(code_of(decode_block(with(b, at_records, std::uint32_t{21}))) == errc::corruption);
  std::string huge = b.bytes;
  set_int(huge.data() + 4, std::uint32_t{0xffffffff});
  CHECK(header_frame_size(std::string_view(huge).substr(0, block_probe_bytes)) == 0);
}

TEST_CASE("block: a text frame that claims gigabytes is refused by its size alone", "[segment]") {
  batch in;
  in.add(record_view{ulid::make(1, 1, 1), "t", std::string(100'000, 'a'), false});
  const encoded_block big = encode_block(in, 1);
  encoded_block small = encode_block(lines_batch(1, 1), 1);
  // The small header with the big block's text: hashes and lengths made to fit.
  const std::string frame = big.bytes.substr(big.header.header_frame_bytes);
  std::string bytes = small.bytes.substr(0, small.header.header_frame_bytes) + frame;
  set_int(bytes.data() + 48, static_cast<std::uint32_t>(frame.size()));
  set_int(bytes.data() + 88, xxh3_64(frame));
  CHECK(code_of(decode_block(rehashed(bytes, small.header.header_frame_bytes))) ==
        errc::corruption);
}

TEST_CASE("block: a text that its encoder had wrong is found by its own checksum", "[segment]") {
  const encoded_block b = encode_block(lines_batch(1, 100), 1);
  // Its last bytes are zstd's checksum of the text; the frame's hash is made to fit.
  std::string bytes = b.bytes;
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const std::string frame = bytes.substr(b.header.header_frame_bytes);
  set_int(bytes.data() + 88, xxh3_64(frame));
  bytes = rehashed(bytes, b.header.header_frame_bytes);
  CHECK(code_of(decode_block(bytes)) == errc::corruption);
  const auto unchecked = decode_block(bytes, text_check::frame);
  REQUIRE(unchecked);
  CHECK(same(lines_batch(1, 100), *unchecked));
  CHECK(code_of(decode_block(bytes)) == errc::corruption);
}

TEST_CASE("block: memory that held another text is as good as fresh", "[segment]") {
  for (const std::size_t held : {0U, 10U, 1'000'000U}) {
    const batch in = lines_batch(1, 100);
    const auto out =
        decode_block(encode_block(in, 1).bytes, text_check::whole, std::string(held, 'z'));
    REQUIRE(out);
    CHECK(same(in, *out));
  }
}

TEST_CASE("block: texts of every size come back, in turn", "[segment]") {
  for (const std::size_t size : {1U, 100U, 40'000U, 4'000'000U, 80'000U, 300'000U, 2U}) {
    batch in;
    in.add(record_view{ulid::make(1, 1, 1), "t", std::string(size, 'a'), false});
    const encoded_block b = encode_block(in, 1);
    CHECK(b.bytes.capacity() < b.bytes.size() + 1024);
    const auto out = decode_block(b.bytes);
    REQUIRE(out);
    CHECK(same(in, *out));
  }
}

TEST_CASE("block: unknown optional columns are passed over, required ones refuse", "[segment]") {
  const batch in = lines_batch(1, 20);
  const encoded_block b = encode_block(in, 1);
  const auto optional = decode_block(with_column(b, 0x21));
  REQUIRE(optional);
  CHECK(same(in, *optional));
  CHECK(code_of(decode_block(with_column(b, 0xa1))) == errc::invalid);
  CHECK(code_of(decode_block(with_column(b, 0x82))) == errc::corruption);
}

TEST_CASE("block: a newer version is invalid, not damaged", "[segment]") {
  const encoded_block b = encode_block(lines_batch(1, 2), 1);
  CHECK(code_of(decode_block(with(b, at_version, std::uint16_t{2}))) == errc::invalid);
}

TEST_CASE("block: changed columns with a right hash never crash", "[segment]") {
  prng random(23);
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    const encoded_block b = encode_block(random_batch(random), 1);
    std::string bytes = b.bytes;
    const std::size_t body = b.header.header_frame_bytes - at_columns;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      bytes[at_columns + random.below(body)] = static_cast<char>(random.below(256));
    }
    bytes = rehashed(std::move(bytes), b.header.header_frame_bytes);
    const auto out = decode_block(bytes);
    if (!out) ++refused;
    // What was taken is a batch like any other.
    if (out) {
      REQUIRE(decode_block(encode_block(*out, 1).bytes));
    }
  }
  CHECK(refused > 300);
}

TEST_CASE("block: zstdcat prints exactly the records' text", "[segment]") {
  const batch in = lines_batch(1, 500);
  CHECK(zstdcat(encode_block(in, 1).bytes) == in.text());
}
