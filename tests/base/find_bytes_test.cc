#include "oklog/base/find_bytes.h"

#include <catch2/catch.hpp>

#include "oklog/base/prng.h"

using namespace oklog;

namespace {

// The definition, byte for byte.
std::size_t plainly(std::string text, std::string needle, std::size_t from, bool fold) {
  if (fold) {
    text = fold_ascii(text);
    needle = fold_ascii(needle);
  }
  return text.find(needle, from);
}

std::string random_text(prng& random, std::size_t size, std::string_view alphabet) {
  std::string out;
  while (out.size() < size) out += alphabet[random.below(alphabet.size())];
  return out;
}

}  // namespace

TEST_CASE("find_bytes: finds what a byte-by-byte search finds, in either case", "[base]") {
  using namespace std::string_view_literals;
  prng random(5);
  for (int round = 0; round < 20'000; ++round) {
    const std::string_view alphabet = round % 3 == 0 ? "ab"sv : "aAbBkKsS@`[{ \n\0\xc3\xa9"sv;
    const std::string text = random_text(random, random.below(300), alphabet);
    std::string needle = random_text(random, random.below(12), alphabet);
    if (round % 2 == 0 && !text.empty()) {
      needle = text.substr(random.below(text.size()), 1 + random.below(80));
    }
    const bool fold = random.chance(1, 2);
    const byte_finder finder(needle, fold);
    for (std::size_t from = random.below(text.size() + 1); from <= text.size(); ++from) {
      const std::size_t at = finder.find(text, from);
      REQUIRE(at == plainly(text, needle, from, fold));
      if (at == std::string::npos) break;
      from = at;
    }
  }
}

TEST_CASE("find_bytes: a needle at every place of a long text is found", "[base]") {
  const byte_finder finder("zq-7");
  for (std::size_t at = 0; at + 4 <= 400; ++at) {
    std::string text(400, 'z');
    text.replace(at, 4, "zq-7");
    REQUIRE(finder.find(text) == at);
    REQUIRE(finder.find(text, at) == at);
    REQUIRE(finder.find(text, at + 1) == std::string::npos);
  }
}

TEST_CASE("find_bytes: needles that meet false candidates everywhere are found", "[base]") {
  for (const bool fold : {false, true}) {
    const std::string text = std::string(100'000, 'a') + 'b' + std::string(50'000, 'a');
    CHECK(byte_finder(std::string(1000, 'a'), fold).find(text, 99'500) == 100'001);
    CHECK(byte_finder(std::string(60'000, 'a') + "ba", fold).find(text) == 40'000);
    CHECK(byte_finder("aab" + std::string(1000, 'a') + "b", fold).find(text) == std::string::npos);
    const std::string pairs = random_text(*std::make_unique<prng>(1), 100'000, "ab");
    CHECK(byte_finder(pairs.substr(70'000, 500), fold).find(pairs) == 70'000);
  }
}

TEST_CASE("find_bytes: line feeds are counted and ASCII is told, at every length", "[base]") {
  std::string text;
  std::uint32_t feeds = 0;
  for (std::size_t size = 0; size < 3000; ++size) {
    REQUIRE(count_line_feeds(text) == feeds);
    REQUIRE(all_ascii(text));
    const bool feed = size % 7 == 3 || size > 2000;
    text += feed ? '\n' : '\x7f';
    feeds += feed ? 1 : 0;
  }
  for (std::size_t at = 0; at < text.size(); at += 13) {
    const char before = std::exchange(text[at], '\x80');
    REQUIRE_FALSE(all_ascii(text));
    text[at] = before;
  }
}
