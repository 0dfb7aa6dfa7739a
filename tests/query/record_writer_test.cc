#include "oklog/query/record_writer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "oklog/base/prng.h"

using namespace oklog;

namespace {

const ulid id = ulid::make(1'795'016'000'050, 5, 9);

nlohmann::json as_json(const record_view& r) {
  query q;
  q.format = output_format::json;
  std::string out;
  append_record(out, r, q);
  REQUIRE(out.back() == '\n');
  CHECK(out.find('\n') == out.size() - 1);
  return nlohmann::json::parse(out);
}

}  // namespace

TEST_CASE("record writer: text is ULID, space, line, line feed", "[query]") {
  std::string out = "before ";
  append_record(out, {id, "default", "hello\r", false}, query{});
  CHECK(out == "before " + format(id) + " hello\r\n");
}

TEST_CASE("record writer: a continuation is marked only where asked for", "[query]") {
  query q;
  std::string out;
  append_record(out, {id, "default", "x", true}, q);
  CHECK(out == format(id) + " x\n");
  q.mark_continuations = true;
  out.clear();
  append_record(out, {id, "default", "x", true}, q);
  append_record(out, {id, "default", "x", false}, q);
  CHECK(out == format(id) + "+x\n" + format(id) + " x\n");
}

TEST_CASE("record writer: a ULID is right after any other", "[query]") {
  record_writer writer(output_format::text, false);
  prng random(3);
  ulid last = ulid_min;
  for (int i = 0; i < 5000; ++i) {
    ulid next{random.next(), random.next()};
    if (random.chance(3, 4)) next = {last.hi, last.lo + random.below(1 << 21)};
    std::string out;
    writer.append(out, {next, "t", "", false});
    REQUIRE(out == format(next) + " \n");
    last = next;
  }
}

TEST_CASE("record writer: json has ulid, time, topic and line", "[query]") {
  const auto j = as_json({id, "web", "say \"hi\"\\\t\x01 É </script>", false});
  CHECK(j["ulid"] == format(id));
  CHECK(j["time"] == "2026-11-18T15:33:20.050Z");
  CHECK(j["topic"] == "web");
  CHECK(j["line"] == "say \"hi\"\\\t\x01 É </script>");
  CHECK(j.size() == 4);
  CHECK(as_json({id, "web", "x", true})["continuation"] == true);
}

TEST_CASE("record writer: json has base64 where a line is not UTF-8", "[query]") {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> rows[] = {
      {"\xff", "/w=="},         {"\xff\xfe", "//4="}, {"\xff\xfe\xfd", "//79"}, {"a\xc3", "YcM="},
      {"\xed\xa0\x80", "7aCA"}, {"\xc0\xaf", "wK8="}, {"\0\xff"s, "AP8="}};
  for (const auto& [text, expected] : rows) {
    const auto j = as_json({id, "web", text, false});
    CHECK(j["line_base64"] == expected);
    CHECK(!j.contains("line"));
  }
}

TEST_CASE("record writer: json of any bytes can be parsed and is the line again", "[query]") {
  prng random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::uint64_t n = random.below(20); n > 0; --n) {
      text += static_cast<char>(random.chance(1, 3) ? random.below(256) : 'a' + random.below(20));
    }
    const auto j = as_json({id, "web", text, false});
    if (j.contains("line")) CHECK(j["line"] == text);
  }
}

TEST_CASE("record writer: a ULID's time is written over all its range", "[query]") {
  CHECK(format_ulid_time(ulid_min) == "1970-01-01T00:00:00.000Z");
  CHECK(format_ulid_time(ulid_max) == "10889-08-02T05:31:50.655Z");
}
