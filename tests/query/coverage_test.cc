#include "oklog/query/coverage.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace oklog;

TEST_CASE("coverage: of two the worse state, all that is missing, the later floor", "[query]") {
  coverage a;
  a.since = from_unix_ms(1000);
  coverage b;
  b.state = coverage_state::degraded;
  b.since = from_unix_ms(2000);
  b.missing = {"store x does not answer"};
  a.add(b);
  CHECK(a.state == coverage_state::degraded);
  CHECK(a.since == from_unix_ms(2000));
  a.add_missing("block at 32 of y: hash differs");
  a.add(coverage{});
  CHECK(a.state == coverage_state::partial);
  CHECK(a.missing.size() == 2);
}

TEST_CASE("coverage: its JSON is one line of UTF-8, whatever a file is called", "[query]") {
  coverage c;
  c.add_missing("block at 32 of \xff\n\"x\": torn");
  c.since = from_unix_ms(1000);
  query_stats s;
  s.records_matched = 7;
  query_stats more;
  more.records_matched = 1;
  more.error_count = 2;
  s.add(more);
  const std::string text = to_json(c, s);
  CHECK(text.find('\n') == std::string::npos);
  const auto j = nlohmann::json::parse(text);
  CHECK(j["coverage"] == "partial");
  CHECK(j["missing"][0] == "block at 32 of \\xff\\x0a\"x\": torn");
  CHECK(j["since"] == "1970-01-01T00:00:01Z");
  CHECK(j["records"] == 8);
  CHECK(j["errors"] == 2);
}

TEST_CASE("coverage: thousands of things that are missing fit into a trailer, and are counted",
          "[query]") {
  coverage c;
  for (int i = 0; i < 3000; ++i) {
    c.add_missing("store 1: segment " + std::to_string(i) + " \"is\" damaged");
    c.given_up.push_back("ingester " + std::to_string(i) + " was forgotten");
  }
  const std::string text = to_json(c, {});
  CHECK(text.size() < 12 << 10);
  const auto read = parse_summary(text);
  REQUIRE(read);
  CHECK(read->covered.state == coverage_state::partial);
  REQUIRE(read->covered.missing.size() > 50);
  CHECK(read->covered.missing.front() == "store 1: segment 0 \"is\" damaged");
  const std::size_t left = 3000 - (read->covered.missing.size() - 1);
  CHECK(read->covered.missing.back() == "and " + std::to_string(left) + " more");
}
