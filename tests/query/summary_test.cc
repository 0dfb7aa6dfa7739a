// What nodes tell each other of a query: its parameters there, its summary back.
#include <catch2/catch.hpp>

#include "oklog/query/query.h"

using namespace oklog;

namespace {

parameters with_range(parameters p) {
  p.emplace_back("from", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  p.emplace_back("to", "2026-11-20T20:46:46.5Z");
  return p;
}

}  // namespace

TEST_CASE("parameters: what another node is told asks the same, whenever it is read", "[query]") {
  const parameters all[] = {
      {},
      {{"q", "a&b=c d\n\xff"}, {"q", "x"}, {"i", ""}},
      {{"q", "^a.*b$"}, {"regex", "1"}, {"invert", ""}, {"order", "desc"}, {"limit", "7"}},
      {{"topic", "web"}, {"topic", "api"}, {"q", ""}},
  };
  for (const parameters& p : all) {
    const auto q = parse_query(with_range(p), from_unix_ms(1'800'000'000'000));
    REQUIRE(q);
    const auto again = parse_query(to_parameters(*q), from_unix_ms(5));
    REQUIRE(again);
    CHECK(again->from == q->from);
    CHECK(again->to == q->to);
    CHECK(again->patterns == q->patterns);
    CHECK(again->topics == q->topics);
    CHECK(again->regex == q->regex);
    CHECK(again->ignore_case == q->ignore_case);
    CHECK(again->invert == q->invert);
    CHECK(again->order == q->order);
    CHECK(again->limit == q->limit);
  }
}

TEST_CASE("summary: what is written is read again", "[query]") {
  coverage c;
  c.add_missing("a \"sentence\"");
  c.since = from_unix_ms(1'700'000'000'000);
  query_stats s;
  s.records_matched = 1;
  s.error_count = 2;
  s.nodes_queried = 3;
  s.segments_queried = 4;
  s.max_data_set_bytes = ~0ULL;
  s.blocks = 5;
  s.blocks_skipped_time = 6;
  s.blocks_skipped_topic = 7;
  s.blocks_skipped_filter = 8;
  s.blocks_counted = 9;
  s.blocks_read = 10;
  s.bytes_read = 11;
  s.filter_bytes_read = 12;
  s.text_bytes = 13;
  s.plan_time = std::chrono::microseconds(1'234'567);
  s.merge_time = std::chrono::microseconds(1);
  const std::string written = to_json(c, s);
  const auto read = parse_summary(written);
  REQUIRE(read);
  CHECK(read->covered.state == coverage_state::partial);
  CHECK(read->covered.missing == c.missing);
  CHECK(read->covered.since == c.since);
  CHECK(to_json(read->covered, read->stats) == written);
}

TEST_CASE("summary: what is none is refused, what is missing in one is 0", "[query]") {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"coverage":"full"})", R"({"coverage":"whole","missing":[]})",
        R"({"coverage":"full","missing":[1]})",
        R"({"coverage":"full","missing":[],"since":"x"})"}) {
    INFO(text);
    CHECK(!parse_summary(text));
  }
  CHECK(!parse_summary(std::string(2 * 1024 * 1024, ' ')));
  const auto odd = parse_summary(R"({"coverage":"full","missing":[],"records":-1,"nodes":"x",)"
                                 R"("seconds":{"plan":-5,"read":1e300}})");
  REQUIRE(odd);
  CHECK(odd->stats.records_matched == 0);
  CHECK(odd->stats.nodes_queried == 0);
  CHECK(odd->stats.plan_time == duration::zero());
  CHECK(odd->stats.read_time == duration::zero());
}
