// The answers of several sources, merged: against a plain list.
#include "oklog/store/answer_merge.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "oklog/segment/block.h"
#include "store/scan_world.h"

using namespace oklog;
using namespace oklog::scan_world;

namespace {

std::string encoded(const std::vector<row>& rows) {
  return encode_block(batch_of(rows), block_compression_level).bytes;
}

std::vector<row> rows(std::uint64_t first, std::uint64_t last, std::uint64_t stream = 1) {
  std::vector<row> out;
  for (std::uint64_t i = first; i <= last; ++i) {
    out.push_back({ulid::make(i, stream, i), "t", "text " + std::to_string(i), false});
  }
  return out;
}

std::string all_output(answer_merge& m) {
  std::string out;
  while (!m.done()) out += m.take_output();
  return out;
}

}  // namespace

TEST_CASE("answer merge: random sources come out in order, equal records once, up to the limit",
          "[store]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    prng random(seed);
    parameters p;
    if (random.chance(1, 2)) p.emplace_back("order", "desc");
    if (random.chance(1, 3)) p.emplace_back("limit", std::to_string(1 + random.below(60)));
    const query q = make_query(p);
    const std::size_t sources = 1 + random.below(5);
    std::vector<row> all;
    answer_merge m(q, sources);
    answer_merge counting(q, sources, histogram_axis{});
    std::vector<std::vector<std::vector<row>>> blocks(sources);
    for (std::size_t s = 0; s < sources; ++s) {
      std::vector<row> mine;
      for (std::uint64_t n = random.below(80); n > 0; --n) mine.push_back(random_row(random));
      all.insert(all.end(), mine.begin(), mine.end());
      std::vector<row> sorted = matching(q, mine);
      while (!sorted.empty()) {
        const std::size_t n = std::min<std::size_t>(sorted.size(), 1 + random.below(20));
        blocks[s].emplace_back(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n));
        sorted.erase(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n));
      }
    }
    if (p.empty()) {
      for (std::size_t s = 0; s < sources; ++s) {
        for (const auto& b : blocks[s]) counting.add(s, batch_of(b));
        counting.end(s);
      }
      CHECK(all_output(counting).empty());
      CHECK(counting.records() == matching(q, all).size());
      CHECK(counting.counts().total() == counting.records());
    }
    std::string expected;
    for (const row& r : matching(q, all)) append_record(expected, r.view(), q);
    std::string out;
    // What comes, comes in any order of sources.
    std::set<std::size_t> open;
    for (std::size_t s = 0; s < sources; ++s) open.insert(s);
    while (!open.empty()) {
      const std::size_t s =
          *std::next(open.begin(), static_cast<std::ptrdiff_t>(random.below(open.size())));
      if (blocks[s].empty()) {
        m.end(s);
        open.erase(s);
      } else if (random.chance(1, 2)) {
        m.add(s, encoded(blocks[s].front()));
        blocks[s].erase(blocks[s].begin());
      } else {
        m.add(s, batch_of(blocks[s].front()));
        blocks[s].erase(blocks[s].begin());
      }
      if (random.chance(1, 2)) out += m.take_output();
    }
    out += all_output(m);
    CHECK(m.take_failed().empty());
    CHECK(out == expected);
  }
}

TEST_CASE("answer merge: nothing is given out before every source has said what it begins with",
          "[store]") {
  answer_merge m(make_query({}), 2);
  m.add(0, encoded(rows(1, 10)));
  CHECK(m.take_output().empty());
  m.add(1, encoded(rows(5, 5, 2)));
  const std::string some = m.take_output();
  CHECK(std::count(some.begin(), some.end(), '\n') == 5);  // (5, stream 2) may still come again
  CHECK(!m.done());
  m.end(1);
  const std::string more = m.take_output();
  CHECK(std::count(more.begin(), more.end(), '\n') == 5);
  m.end(0);
  CHECK(!m.done());
  const std::string last = all_output(m);
  CHECK(std::count(last.begin(), last.end(), '\n') == 1);
}

TEST_CASE("answer merge: a source runs ahead undecoded", "[store]") {
  answer_merge m(make_query({}), 2);
  for (std::uint64_t i = 0; i < 10; ++i) m.add(0, encoded(rows(100 * i + 1, 100 * i + 100)));
  const std::size_t before = m.waiting_bytes(0);
  CHECK(m.take_output().empty());
  CHECK(m.waiting_bytes(0) > before * 8 / 10);  // one block was decoded
}

TEST_CASE("answer merge: a source that is damaged, out of order or beside the question is given up",
          "[store]") {
  query q = make_query({});
  q.to = ulid::highest(1000);
  answer_merge m(q, 4);
  m.add(0, "not a block");
  m.add(1, encoded(rows(10, 20)));
  m.add(1, encoded(rows(15, 30)));
  m.add(2, encoded(rows(999, 1001)));
  m.add(3, encoded(rows(1, 5)));
  m.end(3);
  m.end(1);
  const std::string out = all_output(m);
  CHECK(std::count(out.begin(), out.end(), '\n') == 16);
  std::set<std::size_t> failed;
  for (const auto& [source, why] : m.take_failed()) failed.insert(source);
  CHECK(failed == std::set<std::size_t>{0, 1, 2});
}

TEST_CASE("answer merge: a source that is dropped anywhere is replaced from the id it reached on",
          "[store]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    prng random(seed);
    parameters p;
    if (random.chance(1, 2)) p.emplace_back("order", "desc");
    const query q = make_query(p);
    std::vector<row> all;
    for (std::uint64_t n = 30 + random.below(80); n > 0; --n) all.push_back(random_row(random));
    const std::vector<row> mine = matching(q, all);
    std::vector<row> others;
    for (std::uint64_t n = random.below(60); n > 0; --n) others.push_back(random_row(random));
    const std::vector<row> theirs = matching(q, others);
    all.insert(all.end(), others.begin(), others.end());

    answer_merge m(q, 2);
    std::string out;
    if (!theirs.empty()) m.add(1, encoded(theirs));
    m.end(1);
    std::size_t source = 0;
    std::size_t given = 0;
    while (given < mine.size()) {
      const std::size_t n = std::min<std::size_t>(mine.size() - given, 1 + random.below(15));
      const auto at = mine.begin() + static_cast<std::ptrdiff_t>(given);
      m.add(source, encoded({at, at + static_cast<std::ptrdiff_t>(n)}));
      given += n;
      if (random.chance(1, 2)) out += m.take_output();
      if (!random.chance(1, 3)) continue;
      REQUIRE(m.reached(source) == m.drop(source));
      const ulid from = m.reached(source);
      source = m.add_source(from);
      const bool down = q.order == output_order::descending;
      given = 0;
      while (given < mine.size() && (down ? from < mine[given].id : mine[given].id < from)) ++given;
    }
    m.end(source);
    out += all_output(m);
    CHECK(out == expected(q, all));
  }
}
