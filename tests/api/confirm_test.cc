#include "oklog/api/confirm_api.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::api;

TEST_CASE("K13: records that are asked about arrive as they were meant", "[api]") {
  const some_records r{"web", ulid{1, 2}, ulid{3, 4}, {{5, 6}, {~0ULL, 0}}};
  const auto read = parse_records(to_json(r));
  REQUIRE(read);
  CHECK(read->topic == r.topic);
  CHECK(read->min == r.min);
  CHECK(read->max == r.max);
  CHECK(read->hashes == r.hashes);
}

TEST_CASE("K13: what asks about no records is refused, so that nobody confirms nothing", "[api]") {
  const some_records r{"web", ulid{1, 2}, ulid{3, 4}, {{5, 6}}};
  const std::string good = to_json(r);
  CHECK(parse_records(good));
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    CHECK_FALSE(parse_records(good.substr(0, cut)));
  some_records none = r;
  none.hashes.clear();
  CHECK_FALSE(parse_records(to_json(none)));
  some_records many = r;
  many.hashes.resize(confirm_hashes_max + 1);
  CHECK_FALSE(parse_records(to_json(many)));
  many.hashes.resize(confirm_hashes_max);
  CHECK(parse_records(to_json(many)));
  CHECK(to_json(many).size() < confirm_body_max);
  for (const char* text : {"", "{}", "[]", "7", R"({"topic":"a","min":1,"max":2,"hashes":"00"})"}) {
    CHECK_FALSE(parse_records(text));
  }
}
