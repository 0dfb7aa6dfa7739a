// Partitions as one node names them to another.
#include "oklog/api/partition_list.h"

#include <catch2/catch.hpp>

using namespace oklog;

TEST_CASE("partition list: what is written is read again", "[api]") {
  const std::vector<partition> some{{489'123, 0}, {489'123, 1}, {489'124, 0}, {489'127, 2}};
  CHECK(api::format_partitions(some) == "489123.0.1-1.0-3.2");
  const auto read = api::parse_partitions("489123.0.1-1.0-3.2");
  REQUIRE(read);
  CHECK(*read == some);
  const std::vector<partition> first{{0, 0}};
  CHECK(*api::parse_partitions(api::format_partitions(first)) == first);
}

TEST_CASE("partition list: a thousand hours of two shards take some bytes each", "[api]") {
  std::vector<partition> many;
  for (std::uint64_t w = 0; w < 1000; ++w) {
    for (std::uint32_t s = 0; s < 2; ++s) many.push_back({489'000 + w, s});
  }
  const std::string text = api::format_partitions(many);
  CHECK(text.size() < 8000);
  CHECK(*api::parse_partitions(text) == many);
}

TEST_CASE("partition list: what is none, or does not ascend, is refused", "[api]") {
  for (const char* bad :
       {"", "-", ".", "1", "1.", "1.0-", "1.0--1.0", "1.0.0", "1.1.0", "1.0-0.0", "a.0", "1.a",
        "1.0 ", "1.-1", "1.4294967296", "99999999999999999999.0", "80000000.0", "1.0,2.0"}) {
    INFO(bad);
    const auto read = api::parse_partitions(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::invalid);
  }
  std::string long_list = "1";
  for (std::size_t i = 0; i <= api::partitions_max; ++i) long_list += "." + std::to_string(i);
  CHECK_FALSE(api::parse_partitions(long_list));
}
