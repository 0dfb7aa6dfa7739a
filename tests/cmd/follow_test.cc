#include <catch2/catch.hpp>
#include <vector>

#include "cmd/oklog/last_lines.h"
#include "cmd/oklog/seen_records.h"

using namespace oklog;
using namespace oklog::cmd;

namespace {

constexpr std::uint64_t noon = 1'700'000'000'000;

std::string record(std::uint64_t ms, std::uint64_t seq, const std::string& line) {
  return format(ulid::make(ms, 7, seq)) + " " + line;
}

wall_time at(std::uint64_t ms) {
  return from_unix_ms(static_cast<std::int64_t>(ms));
}

std::vector<std::string> reversed(const last_lines& l) {
  std::vector<std::string> out;
  l.for_each_reversed([&](std::string_view line) {
    out.emplace_back(line);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("seen records: what comes twice is told, also as JSON; other text is not", "[cmd]") {
  seen_records seen;
  CHECK(seen.is_new(record(noon, 1, "a"), at(noon)));
  CHECK_FALSE(seen.is_new(record(noon, 1, "a"), at(noon)));
  CHECK(seen.is_new(record(noon, 1, "b"), at(noon)));
  CHECK(seen.is_new(record(noon, 2, "a"), at(noon)));
  const std::string json = "{\"ulid\":\"" + format(ulid::make(noon, 7, 9)) + "\",\"line\":\"x\"}";
  CHECK(seen.is_new(json, at(noon)));
  CHECK_FALSE(seen.is_new(json, at(noon)));
  CHECK(seen.is_new("--", at(noon)));
  CHECK(seen.is_new("--", at(noon)));
}

TEST_CASE("seen records: asked again is from ten seconds before the youngest record", "[cmd]") {
  seen_records seen;
  CHECK(seen.begin() == ulid_min);
  (void)seen.is_new(record(noon, 1, "a"), at(noon + 60'000));
  CHECK(seen.begin() == ulid::lowest(noon - 10'000));
  (void)seen.is_new(record(noon - 5'000, 1, "late"), at(noon + 60'000));
  CHECK(seen.begin() == ulid::lowest(noon - 10'000));
  CHECK(seen.size() == 2);
  seen.caught_up(at(noon + 8'000));
  CHECK(seen.begin() == ulid::lowest(noon - 2'000));
  CHECK(seen.size() == 1);
}

TEST_CASE("seen records: a clock ahead of the store's does not skip what comes from others",
          "[cmd]") {
  seen_records seen;
  CHECK(seen.is_new(record(noon + 3'600'000, 1, "from the future"), at(noon)));
  CHECK(seen.begin() == ulid::lowest(noon - 10'000));
  CHECK_FALSE(seen.is_new(record(noon + 3'600'000, 1, "from the future"), at(noon + 50'000)));
}

TEST_CASE("seen records: beyond the limit the oldest go, and are not asked for again", "[cmd]") {
  seen_records seen(3);
  for (std::uint64_t i = 1; i <= 5; ++i) CHECK(seen.is_new(record(noon, i, "x"), at(noon)));
  CHECK(seen.size() == 3);
  CHECK(seen.begin() == ulid::make(noon, 7, 3));
  CHECK_FALSE(seen.is_new(record(noon, 3, "x"), at(noon)));
}

TEST_CASE("last lines: come back the other way round", "[cmd]") {
  last_lines l(true);
  CHECK(l.empty());
  const std::vector<std::string> lines{record(noon, 1, "one"), record(noon, 2, ""),
                                       record(noon, 3, "three")};
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) l.add(*line);
  CHECK(l.kept());
  CHECK(reversed(l) == lines);
  CHECK(l.lowest() == ulid::make(noon, 7, 1));
  CHECK(l.highest() == ulid::make(noon, 7, 3));
}

TEST_CASE("last lines: beyond the limit only their range is left", "[cmd]") {
  last_lines l(true, 100);
  l.add(record(noon, 9, "short"));
  CHECK(l.kept());
  l.add(record(noon, 4, std::string(100, 'x')));
  CHECK_FALSE(l.kept());
  l.add(record(noon, 2, "short"));
  CHECK_FALSE(l.empty());
  CHECK(l.lowest() == ulid::make(noon, 7, 2));
  CHECK(l.highest() == ulid::make(noon, 7, 9));
}
