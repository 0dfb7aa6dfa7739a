// Members by the beginning of their names.
#include "cmd/oklog/member_name.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::cmd;

namespace {

std::vector<seen_member> three() {
  std::vector<seen_member> all(3);
  all[0].name = "01AAAAAAAAAAAAAAAAAAAAAAAA";
  all[1].name = "01AAABBBBBBBBBBBBBBBBBBBBB";
  all[2].name = "02CCCCCCCCCCCCCCCCCCCCCCCC";
  return all;
}

}  // namespace

TEST_CASE("names: the beginning of one member's name is enough, in either case", "[cmd]") {
  CHECK(find_name("02CC", three()).value() == three()[2].name);
  CHECK(find_name("01aaab", three()).value() == three()[1].name);
}

TEST_CASE("names: what is the beginning of several, or of none, is refused with a sentence",
          "[cmd]") {
  CHECK(find_name("01AAA", three()).error().what ==
        "the names of 2 members begin with 01AAA: say more of it");
  CHECK(find_name("03AAA", three()).error().code == errc::not_found);
}

TEST_CASE("names: a whole id is taken as it is, known or not", "[cmd]") {
  const std::string id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  CHECK(find_name(id, three()).value() == id);
}

TEST_CASE("names: what can be no beginning of an id is none", "[cmd]") {
  CHECK(may_be_name("01AR"));
  CHECK(may_be_name("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  CHECK_FALSE(may_be_name("01A"));
  CHECK_FALSE(may_be_name("01A!"));
  CHECK_FALSE(may_be_name("01ARZ3NDEKTSV4RRFFQ69G5FAV0"));
  CHECK_FALSE(may_be_name("not/a/name"));
}
