#include "oklog/base/ulid.h"

#include <catch2/catch.hpp>

using namespace oklog;

TEST_CASE("ulid: its three parts come back", "[base]") {
  const ulid id = ulid::make(1'700'000'000'123, 0xab12345678, 0xffffffffff);
  CHECK(id.ms() == 1'700'000'000'123);
  CHECK(id.stream() == 0xab12345678);
  CHECK(id.seq() == 0xffffffffff);
}

TEST_CASE("ulid: text sorts as the value does and comes back", "[base]") {
  const ulid a = ulid::make(5, 9, 1);
  const ulid b = ulid::make(5, 9, 2);
  CHECK(a < b);
  CHECK(format(a) < format(b));
  CHECK(*parse_ulid(format(a)) == a);
  CHECK(*parse_ulid("01arz3ndektsv4rrffq69g5fav") == *parse_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  CHECK(format(ulid_max) == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST_CASE("ulid: wrong length, alphabet and overflow are refused", "[base]") {
  CHECK_FALSE(parse_ulid("01ARZ3NDEKTSV4RRFFQ69G5FA"));
  CHECK_FALSE(parse_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAVV"));
  CHECK_FALSE(parse_ulid("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  CHECK_FALSE(parse_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAU"));
  CHECK_FALSE(parse_ulid("01ARZ3NDEKTSV4RRFFQ69G5FA\xff"));
}
