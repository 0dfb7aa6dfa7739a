#include "oklog/store/scan.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "store/scan_world.h"

using namespace oklog;
using namespace oklog::scan_world;

TEST_CASE("scan: no blocks are an empty answer, and a count of 0", "[store]") {
  CHECK(answer(scan(make_query({}), {})).text == "");
  CHECK(answer(scan(make_query({{"count", "1"}}), {})).text == "0\n");
}

TEST_CASE("scan: equal records are one; equal ids with other text or topic are all kept (K1)",
          "[store]") {
  const ulid id = ulid::make(1000, 1, 1);
  const std::vector<row> rows{{id, "b", "x"}, {id, "a", "y"}, {id, "a", "x"}, {id, "a", "x"}};
  std::vector<block_ref> blocks;
  for (const row& r : rows) blocks.push_back(memory_block({r}));
  blocks.push_back(memory_block(rows));
  const std::string u = format(id);
  CHECK(answer(scan(make_query({}), blocks)).text == u + " x\n" + u + " x\n" + u + " y\n");
  const std::string json = answer(scan(make_query({{"format", "json"}}), blocks)).text;
  CHECK(json.find("\"topic\":\"a\",\"line\":\"x\"") < json.find("\"topic\":\"b\",\"line\":\"x\""));
  CHECK(answer(scan(make_query({{"count", "1"}}), blocks)).text == "3\n");
}

TEST_CASE("scan: a match is given out once all blocks to come begin above it", "[store]") {
  std::vector<block_ref> blocks;
  for (std::uint64_t i = 0; i < 10; ++i) {
    std::vector<row> rows;
    // A MiB of text each, so that each is a piece of work of its own.
    for (std::uint64_t k = 0; k < 4; ++k) {
      rows.push_back({ulid::make(1000 + 10 * i + k, 1, k), "t", std::string(300'000, 'x')});
    }
    blocks.push_back(memory_block(rows));
  }
  scan s(make_query({}), blocks);
  std::size_t rounds = 0;
  while (!s.done()) {
    auto work = s.next_work(1);
    for (scan_work& w : work) w.run();
    s.absorb(std::move(work));
    if (rounds < 10) CHECK(s.take_output().size() > 300'000);
    while (!s.take_output().empty()) {
    }
    ++rounds;
  }
  CHECK(s.stats().records_matched == 40);
}

TEST_CASE("scan: work may be absorbed in any order while more is under way", "[store]") {
  prng random(5);
  for (int round = 0; round < 20; ++round) {
    world w = random_world(random, 400, 60);
    scan s(make_query({}), w.blocks, memory_of(20'000));
    std::string out;
    std::vector<scan_work> under_way;
    while (!s.done()) {
      for (scan_work& work : s.next_work(3)) {
        work.run();
        under_way.push_back(std::move(work));
      }
      out += s.take_output();
      random.shuffle(under_way);
      if (under_way.empty()) continue;
      std::vector<scan_work> one;
      one.push_back(std::move(under_way.back()));
      under_way.pop_back();
      s.absorb(std::move(one));
    }
    REQUIRE(out == expected(make_query({}), w.rows));
  }
}

TEST_CASE("scan: the answer equals matching line by line, whatever the blocks and the memory (K23)",
          "[store]") {
  prng random(23);
  const std::vector<parameters> queries{
      {},
      {{"q", "a"}},
      {{"q", "absent"}},
      {{"q", "a.*b"}, {"regex", "1"}},
      {{"q", "^$"}, {"regex", "1"}},
      {{"topic", "web"}},
      {{"topic", "web"}, {"topic", "api"}, {"q", "b"}},
      {{"from", format(ulid::make(1010, 0, 0))}, {"to", format(ulid::make(1030, 2, 3))}},
      {{"from", format(ulid::make(1010, 0, 0))}, {"q", "b"}, {"topic", "api"}},
      {{"format", "json"}},
      {{"format", "raw"}, {"q", "b"}},
      {{"q", "b"}, {"invert", "1"}},
      {{"q", "É"}, {"q", "xyz"}},
      {{"q", "B"}, {"i", "1"}, {"order", "desc"}},
      {{"order", "desc"}},
      {{"order", "desc"}, {"q", "a"}, {"limit", "3"}},
      {{"q", "a"}, {"limit", "7"}},
      {{"limit", "1"}, {"order", "desc"}, {"topic", "web"}},
  };
  for (int round = 0; round < 60; ++round) {
    const world w = random_world(random, 1 + random.below(600), 1 + random.below(80));
    for (const parameters& params : queries) {
      for (const std::size_t memory : {std::size_t{0}, std::size_t{3000}, std::size_t{1} << 20}) {
        const query q = make_query(params);
        const answered got = answer(scan(q, w.blocks, memory_of(memory)));
        REQUIRE(got.text == expected(q, w.rows));
        REQUIRE(got.covered.state == coverage_state::full);
        parameters counting = params;
        counting.emplace_back("count", "1");
        const query c = make_query(counting);
        REQUIRE(answer(scan(c, w.blocks, memory_of(memory))).text ==
                std::to_string(got.stats.records_matched) + "\n");
      }
    }
  }
}

TEST_CASE("scan: memory is bounded by the limit, not by the answer (K23)", "[store]") {
  // 64 topics side by side in time: each block overlaps 63 others.
  std::vector<block_ref> blocks;
  std::vector<row> all;
  for (std::uint64_t topic = 0; topic < 64; ++topic) {
    std::vector<row> rows;
    for (std::uint64_t k = 0; k < 200; ++k) {
      rows.push_back(
          {ulid::make(1000 + k, topic, k), "t" + std::to_string(topic), std::string(500, 'x')});
    }
    all.insert(all.end(), rows.begin(), rows.end());
    blocks.push_back(memory_block(rows));
  }
  const std::size_t limit = 1024 * 1024;
  scan s(make_query({}), blocks, memory_of(limit));
  std::string out;
  while (!s.done()) {
    auto work = s.next_work(1);
    for (scan_work& w : work) w.run();
    s.absorb(std::move(work));
    CHECK(s.waiting_bytes() <= limit);
    const std::string piece = s.take_output();
    CHECK(piece.size() < scan_output_bytes_target + 1000);
    out += piece;
  }
  CHECK(out == expected(make_query({}), all));
  CHECK(s.stats().blocks_read > 64);  // several passes
  CHECK(s.stats().blocks_read < 64 * 30);
}

TEST_CASE(
    "scan: a thousand topics in ten segments, all of one hour, are merged in bounded memory (K23)",
    "[store]") {
  // As in an hour that is not compacted yet: each block overlaps all others.
  constexpr std::size_t topics = 1000;
  constexpr std::size_t segments = 10;
  prng random(23);
  std::vector<block_ref> blocks;
  std::vector<row> all;
  for (std::size_t i = 0; i < topics * segments; ++i) {
    const std::string topic = "t" + std::to_string(i % topics);
    std::vector<row> rows;
    for (std::uint64_t k = 0; k < 2; ++k) {
      const std::uint64_t ms = 1000 + 1800 * k + random.below(1800);
      rows.push_back({ulid::make(ms, i, k), topic, std::string(150, 'x')});
    }
    all.insert(all.end(), rows.begin(), rows.end());
    blocks.push_back(memory_block(rows));
  }
  const std::size_t limit = 1024 * 1024;
  std::size_t raw_bytes = 0;
  for (const block_ref& ref : blocks) raw_bytes += ref.raw_bytes;
  REQUIRE(raw_bytes > 2 * limit);
  scan s(make_query({}), blocks, memory_of(limit));
  std::string out;
  std::size_t most = 0;
  while (!s.done()) {
    auto work = s.next_work(1);
    for (scan_work& w : work) w.run();
    s.absorb(std::move(work));
    most = std::max(most, s.waiting_bytes());
    out += s.take_output();
  }
  CHECK(out == expected(make_query({}), all));
  CHECK(most <= limit);
  CHECK(s.stats().blocks_read > blocks.size());       // blocks are decoded again
  CHECK(s.stats().blocks_read < 20 * blocks.size());  // but not for each match
}

TEST_CASE("scan: blocks outside the time range or of other topics are not read", "[store]") {
  std::vector<block_ref> blocks;
  for (std::uint64_t i = 0; i < 10; ++i) {
    blocks.push_back(
        memory_block({{ulid::make(1000 + i, 1, 1), i % 2 == 0 ? "even" : "odd", "x"}}));
  }
  const query q = make_query({{"from", format(ulid::lowest(1004))},
                              {"to", format(ulid::highest(1007))},
                              {"topic", "odd"}});
  const answered got = answer(scan(q, blocks));
  CHECK(got.stats.records_matched == 2);
  CHECK(got.stats.blocks_read == 2);
  CHECK(got.stats.blocks == 10);
  CHECK(got.stats.blocks_skipped_time == 6);
  CHECK(got.stats.blocks_skipped_topic == 2);
}

TEST_CASE("scan: stats say before the first work what is in question", "[store]") {
  const scan s(make_query({}), {memory_block({{ulid::make(1, 1, 1), "t", "abc"}})});
  CHECK(s.stats().max_data_set_bytes == 4);
  CHECK(s.stats().segments_queried == 0);
  CHECK(s.stats().blocks_read == 0);
}

TEST_CASE("scan: a block that holds other ids than its index says is an error (K20)", "[store]") {
  block_ref lies =
      memory_block({{ulid::make(1000, 1, 1), "t", "x"}, {ulid::make(3000, 1, 1), "t", "x"}});
  lies.max = ulid::make(2000, 0, 0);
  const block_ref good = memory_block({{ulid::make(1500, 1, 1), "t", "y"}});
  const answered got = answer(scan(make_query({}), {lies, good}));
  CHECK(got.text == format(ulid::make(1500, 1, 1)) + " y\n");
  CHECK(got.stats.error_count == 1);
  CHECK(got.covered.state == coverage_state::partial);
  REQUIRE(got.covered.missing.size() == 1);
  CHECK(got.covered.missing[0].find("other ids") != std::string::npos);
}

TEST_CASE("scan: records with line feeds are found as wholes (K21)", "[store]") {
  const std::vector<row> rows{{ulid::make(1000, 1, 1), "t", "a\nb"},
                              {ulid::make(1000, 1, 2), "t", "b"}};
  const std::vector<block_ref> blocks{memory_block(rows)};
  CHECK(answer(scan(make_query({{"q", "^b"}, {"regex", ""}}), blocks)).text ==
        format(ulid::make(1000, 1, 2)) + " b\n");
  CHECK(answer(scan(make_query({{"q", "a\nb"}}), blocks)).text ==
        format(ulid::make(1000, 1, 1)) + " a\nb\n");
  CHECK(answer(scan(make_query({{"q", "b"}, {"count", ""}}), blocks)).text == "2\n");
}
