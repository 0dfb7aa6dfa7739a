// Counting over time, and stopping early.
#include <catch2/catch.hpp>

#include "store/scan_world.h"

using namespace oklog;
using namespace oklog::scan_world;

namespace {

time_histogram counted(const query& q, const histogram_axis& axis, const std::vector<row>& rows) {
  time_histogram h(axis);
  for (const row& r : matching(q, rows)) h.add(r.topic, axis.bucket_of(r.id.ms()), 1);
  return h;
}

}  // namespace

TEST_CASE("histogram: equal to counting record by record, whatever the blocks and the memory",
          "[store]") {
  prng random(77);
  const std::vector<parameters> queries{
      {},
      {{"q", "a"}},
      {{"q", "^$"}, {"regex", "1"}},
      {{"q", "b"}, {"invert", "1"}},
      {{"topic", "web"}},
      {{"from", format(ulid::make(1010, 1, 2))}, {"to", format(ulid::make(1030, 2, 3))}},
  };
  for (int round = 0; round < 60; ++round) {
    const world w = random_world(random, 1 + random.below(600), 1 + random.below(80));
    for (parameters params : queries) {
      query q = make_query(params);
      if (q.from == ulid_min) q.from = ulid::lowest(990);
      if (q.to == ulid_max) q.to = ulid::highest(1060);
      const auto buckets = static_cast<std::uint32_t>(1 + random.below(20));
      const histogram_axis axis = histogram_axis::over(q.from, q.to, buckets);
      for (const std::size_t memory : {std::size_t{3000}, std::size_t{1} << 20}) {
        scan s(q, w.blocks, axis, memory_of(memory));
        while (!s.done()) {
          auto work = s.next_work(2);
          for (scan_work& piece : work) piece.run();
          s.absorb(std::move(work));
        }
        const time_histogram plain = counted(q, axis, w.rows);
        REQUIRE(s.counts().by_topic() == plain.by_topic());
        REQUIRE(s.counts().total() == plain.total());
        REQUIRE(s.stats().records_matched == plain.total());
      }
    }
  }
}

TEST_CASE("histogram: without a pattern, blocks inside one bucket are counted from the index",
          "[store]") {
  std::vector<block_ref> blocks;
  for (std::uint64_t i = 0; i < 10; ++i) {
    blocks.push_back(memory_block({{ulid::make(1000 + 10 * i, 1, 1), "t", "x"},
                                   {ulid::make(1004 + 10 * i, 1, 2), "t", "y"}}));
  }
  query q = make_query({});
  q.from = ulid::lowest(1000);
  q.to = ulid::highest(1099);
  scan s(q, blocks, histogram_axis::over(q.from, q.to, 10));
  CHECK(s.done());
  CHECK(s.stats().blocks_counted == 10);
  CHECK(s.stats().blocks_read == 0);
  CHECK(s.counts().by_topic().at("t") == std::vector<std::uint64_t>(10, 2));
}

TEST_CASE("histogram: the axis covers both ends, at the narrowest whole width", "[query]") {
  const auto axis = histogram_axis::over(ulid::lowest(1000), ulid::highest(1099), 30);
  CHECK(axis.width_ms == 4);
  CHECK(axis.bucket_of(1000) == 0);
  CHECK(axis.bucket_of(1099) == 24);
  const auto whole = histogram_axis::over(ulid_min, ulid_max, 7);
  CHECK(whole.bucket_of(0) == 0);
  CHECK(whole.bucket_of(ulid::ms_max) == 6);
  const auto one = histogram_axis::over(ulid::lowest(5), ulid::highest(5), 10);
  CHECK(one.width_ms == 1);
  CHECK(one.bucket_of(5) == 0);
}

TEST_CASE("histogram: topics beyond its memory are counted together", "[query]") {
  histogram_axis axis;
  axis.begin_ms = 0;
  axis.width_ms = 1;
  axis.buckets = histogram_buckets_max;
  time_histogram h(axis);
  for (int i = 0; i < 200; ++i) h.add("t" + std::to_string(i), 5, 2);
  CHECK(h.total() == 400);
  CHECK(h.by_topic().size() <= histogram_counts_max / histogram_buckets_max + 1);
  CHECK(h.by_topic().at(std::string(other_topics))[5] > 100);
}

TEST_CASE("scan: the last few matches are found without reading what is older", "[store]") {
  std::vector<block_ref> blocks;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    std::vector<row> rows;
    for (std::uint64_t k = 0; k < 10; ++k) {
      rows.push_back({ulid::make(1000 + 10 * i + k, 1, k), "t", "common " + std::to_string(k)});
    }
    blocks.push_back(memory_block(rows));
  }
  for (const char* order : {"asc", "desc"}) {
    const query q = make_query({{"q", "common"}, {"order", order}, {"limit", "25"}});
    const answered got = answer(scan(q, blocks));
    CHECK(got.stats.records_matched == 25);
    CHECK(got.stats.blocks_read <= 16);
    CHECK(std::count(got.text.begin(), got.text.end(), '\n') == 25);
  }
}

TEST_CASE("scan: after stop() it is done as soon as its pieces are, and they end unread",
          "[store]") {
  std::vector<block_ref> blocks;
  for (std::uint64_t i = 0; i < 200; ++i) {
    blocks.push_back(memory_block({{ulid::make(1000 + i, 1, 1), "t", "x"}}));
  }
  scan s(make_query({{"q", "x"}}), blocks);
  auto work = s.next_work(2);
  REQUIRE(work.size() == 2);
  s.stop();
  CHECK_FALSE(s.done());
  for (scan_work& piece : work) piece.run();
  s.absorb(std::move(work));
  CHECK(s.done());
  CHECK(s.take_output() == "");
  CHECK(s.stats().text_bytes == 0);
}
