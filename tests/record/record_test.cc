#include "oklog/record/record.h"

#include <catch2/catch.hpp>

#include "oklog/base/bytes.h"
#include "oklog/record/topic.h"

using namespace oklog;

namespace {

record_view make(std::uint64_t seq, std::string_view topic, std::string_view text) {
  return {ulid::make(1000, 5, seq), topic, text, false};
}

set_digest digest_of(std::initializer_list<record_view> records) {
  set_digest d;
  for (const record_view& r : records) d.add(r);
  return d;
}

}  // namespace

TEST_CASE("K2: a set's digest is the sum of the XXH3-128 that the format says", "[record]") {
  const std::string text(GENERATE(std::size_t{0}, 3, 2047, 2048, 5000), 'x');
  const record_view r = make(1, "topic", text);
  std::string bytes;
  put_int(bytes, r.id.hi);
  put_int(bytes, r.id.lo);
  put_int(bytes, std::uint32_t{5});
  bytes += "topic" + text;
  const hash128 one = xxh3_128(bytes, 0x6f6b6c6f67);
  CHECK(digest_of({r}) == set_digest{1, one});
  const hash128 twice{one.hi * 2 + (one.lo >> 63), one.lo * 2};
  CHECK(digest_of({r, r}) == set_digest{2, twice});
}

TEST_CASE("K2: the digest does not depend on order and tells id, topic and text apart",
          "[record]") {
  const auto a = make(1, "t", "x");
  const auto b = make(2, "t", "x");
  CHECK(digest_of({a, b}) == digest_of({b, a}));
  CHECK(digest_of({a}) != digest_of({b}));
  CHECK(digest_of({a}) != digest_of({make(1, "tx", "")}));
  CHECK(digest_of({a}) != digest_of({make(1, "t", "y")}));
  CHECK(digest_of({a, a}).sum != hash128{});
}

TEST_CASE("K2: adding and subtracting sets carries between the halves", "[record]") {
  set_digest sum;
  std::vector<set_digest> parts;
  for (std::uint64_t i = 0; i < 200; ++i) {
    parts.push_back(digest_of({make(i, "t", "x")}));
    sum.add(parts.back());
  }
  CHECK(sum.count == 200);
  for (const set_digest& p : parts) sum.subtract(p);
  CHECK(sum == set_digest{});
}

TEST_CASE("topic: names are letters, digits, dash and underscore, 128 at most", "[record]") {
  for (const char* good : {"a", "Z9", "default", "a-b_c", "0"}) CHECK(valid_topic(good));
  for (const char* bad : {"", "-a", "_a", "a.b", "a b", "a/b", "\xc3\xa9"})
    CHECK_FALSE(valid_topic(bad));
  CHECK(valid_topic(std::string(128, 'x')));
  CHECK_FALSE(valid_topic(std::string(129, 'x')));
  CHECK_FALSE(valid_topic(std::string_view("a\0", 2)));
}

TEST_CASE("topic: the first word leaves the line with one space", "[record]") {
  const auto split = [](std::string_view line) {
    const topic_split s = split_topic(line);
    return std::string(s.topic) + "|" + std::string(s.rest);
  };
  CHECK(split("web GET /") == "web|GET /");
  CHECK(split("web  two") == "web| two");
  CHECK(split("web ") == "web|");
  CHECK(split("web") == "web|");
  CHECK(split("") == "|");
  CHECK(split(" web x") == "| web x");
  CHECK(split("[web] x") == "|[web] x");
  CHECK(split("web\tx y") == "|web\tx y");
  CHECK(split(std::string(128, 'x') + " y") == std::string(128, 'x') + "|y");
  CHECK(split(std::string(129, 'x') + " y") == "|" + std::string(129, 'x') + " y");
}
