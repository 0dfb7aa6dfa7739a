#include "oklog/grep/text_pieces.h"

#include <zlib.h>
#include <zstd.h>

#include <catch2/catch.hpp>

#include "oklog/base/prng.h"
#include "oklog/sim/disk.h"

using namespace oklog;
using namespace oklog::grep;

namespace {

std::string gzip(const std::string& text) {
  z_stream s{};
  REQUIRE(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&s, text.size()) + 64, '\0');
  s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  s.avail_in = static_cast<uInt>(text.size());
  s.next_out = reinterpret_cast<Bytef*>(out.data());
  s.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&s, Z_FINISH) == Z_STREAM_END);
  out.resize(s.total_out);
  deflateEnd(&s);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t n = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1);
  REQUIRE_FALSE(ZSTD_isError(n));
  out.resize(n);
  return out;
}

// Lines of all lengths, so that pieces end anywhere.
std::string some_lines(std::size_t bytes, std::uint64_t seed, std::size_t longest = 300) {
  prng random(seed);
  std::string text;
  while (text.size() < bytes) {
    const std::size_t n = random.below(longest);
    for (std::size_t i = 0; i < n; ++i) text += static_cast<char>('a' + random.below(26));
    text += '\n';
  }
  return text;
}

struct outcome {
  std::string text;
  std::size_t pieces = 0;
  std::size_t largest = 0;
  bool whole_lines = true;
  std::string failed;
  std::uint64_t cut = 0;
};

outcome read(const std::string& content) {
  sim::disk disk;
  {
    auto made = disk.create("/file");
    REQUIRE(made);
    REQUIRE((*made)->append(content));
  }
  auto file = disk.open_read("/file");
  REQUIRE(file);
  outcome o;
  auto pieces = text_pieces::open(std::move(*file));
  if (!pieces) {
    o.failed = pieces.error().what;
    return o;
  }
  std::string buffer;
  while (true) {
    auto piece = pieces->next();
    if (!piece) {
      o.failed = piece.error().what;
      break;
    }
    if (!*piece) break;
    const auto text = (*piece)->load(buffer);
    REQUIRE(text);
    o.whole_lines = o.whole_lines && text->ends_with('\n');
    o.text += *text;
    o.largest = std::max(o.largest, text->size());
    ++o.pieces;
  }
  o.cut = pieces->lines_cut();
  return o;
}

}  // namespace

TEST_CASE("text pieces: plain, gzip and zstd are the same text, in pieces of whole lines",
          "[grep]") {
  for (const std::size_t bytes : {0UL, 1UL, 5000UL, piece_bytes, 5 * piece_bytes / 2}) {
    const std::string text = bytes == 0 ? "" : some_lines(bytes, bytes);
    for (const std::string& content : {text, gzip(text), zstd(text)}) {
      const outcome o = read(content);
      CHECK(o.failed.empty());
      CHECK(o.text == text);
      CHECK(o.whole_lines);
      CHECK(o.largest <= piece_bytes + 256 * 1024);
      CHECK(o.pieces >= text.size() / (piece_bytes + 256 * 1024));
      CHECK(o.cut == 0);
    }
  }
}

TEST_CASE("text pieces: a last line without its line feed is a line", "[grep]") {
  for (const std::string& content : {std::string("a\nb"), gzip("a\nb"), zstd("a\nb")}) {
    CHECK(read(content).text == "a\nb\n");
  }
}

TEST_CASE("text pieces: members and frames in a row are one text, also with others between",
          "[grep]") {
  CHECK(read(gzip("a\n") + gzip("") + gzip("b\n")).text == "a\nb\n");
  CHECK(read(gzip("a\n") + std::string(1000, '\0')).text == "a\n");
  const std::string skippable("\x5a\x2a\x4d\x18\x03\0\0\0xyz", 11);
  const outcome o = read(skippable + zstd("a\n") + skippable + zstd("b\n") + skippable);
  CHECK(o.text == "a\nb\n");
  CHECK(o.failed.empty());
}

TEST_CASE("text pieces: what breaks off is read up to there, and said", "[grep]") {
  const std::string text = some_lines(3 * piece_bytes, 1);
  for (const std::string& content : {gzip(text), zstd(text)}) {
    const outcome o = read(content.substr(0, content.size() / 2));
    CHECK(o.failed.find("breaks off") != std::string::npos);
    CHECK(o.text.size() > text.size() / 4);
    const std::string good = o.text.substr(0, o.text.size() - 1);
    CHECK(text.starts_with(good));
  }
  for (const std::size_t left : {1UL, 2UL, 3UL, 5UL, 9UL}) {
    INFO(left);
    CHECK_FALSE(read(gzip("abc\n").substr(0, left + 1)).failed.empty());
  }
}

TEST_CASE("text pieces: damage anywhere is never taken for text without a word", "[grep]") {
  const std::string text = some_lines(20'000, 2);
  prng random(3);
  std::string with_hash(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const c = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
  with_hash.resize(ZSTD_compress2(c, with_hash.data(), with_hash.size(), text.data(), text.size()));
  ZSTD_freeCCtx(c);
  for (const std::string& good : {gzip(text), with_hash}) {
    for (int round = 0; round < 300; ++round) {
      std::string bad = good;
      // Behind gzip's header, of which hardly anything is checked, and its magic.
      bad[10 + random.below(bad.size() - 10)] ^= static_cast<char>(1 << random.below(8));
      const outcome o = read(bad);
      CHECK((!o.failed.empty() || o.text == text));
    }
  }
  CHECK_FALSE(read(gzip("a\n") + "garbage").failed.empty());
}

TEST_CASE("text pieces: a line without an end is cut, and counted", "[grep]") {
  const std::string text(2 * (piece_bytes + line_rest_max), 'x');
  for (const std::string& content : {text, zstd(text)}) {
    const outcome o = read(content);
    CHECK(o.cut >= 1);
    CHECK(o.largest <= piece_bytes + line_rest_max + 512 * 1024);
    std::string joined = o.text;
    std::erase(joined, '\n');
    CHECK(joined == text);
  }
}

TEST_CASE("text pieces: the packing is told by the first bytes, not by a name", "[grep]") {
  CHECK(packing_of("\x1f\x8b") == packing::gzip);
  CHECK(packing_of("\x28\xb5\x2f\xfd") == packing::zstd);
  CHECK(packing_of("\x50\x2a\x4d\x18") == packing::zstd);
  CHECK(packing_of("\x5f\x2a\x4d\x18") == packing::zstd);
  CHECK(packing_of("\x60\x2a\x4d\x18") == packing::plain);
  CHECK(packing_of("") == packing::plain);
  CHECK(packing_of("log\n") == packing::plain);
}
