#include <catch2/catch.hpp>

#include "oklog/api/verify_api.h"

using namespace oklog::api;

TEST_CASE("verify: what a store says is read as it was meant", "[api]") {
  verify_answer a;
  CHECK(read_line(to_line(verify_begun{"01A", 3, 4000, 1}), a));
  CHECK(a.begun.store == "01A");
  CHECK(a.begun.segments == 3);
  CHECK(a.begun.bytes == 4000);
  CHECK(a.begun.quarantined == 1);
  CHECK(read_line(to_line(verify_progress{1, 100}), a));
  CHECK(a.done.bytes == 100);
  CHECK(read_line(to_line(verify_damage{"file", "part", {"one", "two"}}), a));
  REQUIRE(a.damaged.size() == 1);
  CHECK(a.damaged[0].segment == "file");
  CHECK(a.damaged[0].what == std::vector<std::string>{"one", "two"});
  CHECK_FALSE(a.end);
  CHECK(read_line(to_line(verify_end{{3, 4000}, 1, 2}), a));
  REQUIRE(a.end);
  CHECK(a.end->unread == 2);
  CHECK(a.done.segments == 3);
}

TEST_CASE("verify: what is no line of ours is refused", "[api]") {
  verify_answer a;
  for (const char* line : {"", "x", "[]", "{}", "{\"store\":7}", "7", "{\"end\":true}"}) {
    CHECK_FALSE(read_line(line, a));
  }
  CHECK(read_line("{\"segment\":1,\"damage\":[1,{}]}", a));
}
