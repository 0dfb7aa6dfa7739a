#include "oklog/record/merge.h"

#include <catch2/catch.hpp>
#include <set>
#include <tuple>

#include "oklog/base/prng.h"

using namespace oklog;

namespace {

using key = std::tuple<std::string, ulid, std::string>;

std::vector<key> keys_of(const merged& m, const std::vector<const batch*>& from) {
  std::vector<key> keys;
  for (const merge_ref& r : m.refs) {
    const record_view v = view(m, r, from);
    keys.emplace_back(std::string(v.topic), v.id, std::string(v.text));
  }
  return keys;
}

std::vector<const batch*> pointers(const std::vector<batch>& batches) {
  std::vector<const batch*> p;
  for (const batch& b : batches) p.push_back(&b);
  return p;
}

// Records from small ranges, so that equal ones and conflicts are common.
std::vector<batch> random_batches(prng& random) {
  std::vector<batch> batches(random.below(6));
  const std::uint64_t ids = 1 + random.below(60);
  for (batch& b : batches) {
    std::uint64_t ms = 0;
    for (std::uint64_t n = random.below(200); n > 0; --n) {
      ms = random.chance(9, 10) ? ms + random.below(2) : random.below(40);
      const ulid id = ulid::make(ms, random.below(3), random.below(ids));
      const std::string text =
          random.chance(1, 20) ? "two\nlines" : std::string(random.below(2), 'x');
      b.add(record_view{id, "t" + std::to_string(random.below(4)), text, random.chance(1, 8)});
    }
  }
  return batches;
}

}  // namespace

TEST_CASE("K1: a merge is the sorted set of its records, whatever their order", "[record]") {
  prng random(7);
  for (int round = 0; round < 300; ++round) {
    const std::vector<batch> batches = random_batches(random);
    const auto from = pointers(batches);
    std::set<key> expected;
    std::set<std::pair<std::string, ulid>> ids;
    std::uint64_t in = 0;
    for (const batch& b : batches) {
      b.for_each([&](const record_view& r) {
        ++in;
        expected.emplace(std::string(r.topic), r.id, std::string(r.text));
        ids.emplace(std::string(r.topic), r.id);
      });
    }
    const merged m = merge(from);
    REQUIRE(keys_of(m, from) == std::vector<key>(expected.begin(), expected.end()));
    REQUIRE(m.records_in == in);
    REQUIRE(m.equal_dropped == in - expected.size());
    REQUIRE(m.conflicts == expected.size() - ids.size());
  }
}

TEST_CASE("K1: equal ULIDs with other text are both kept, by text, and counted", "[record]") {
  batch a, b;
  a.add(record_view{ulid::make(1, 1, 1), "t", "y", false});
  b.add(record_view{ulid::make(1, 1, 1), "t", "x", false});
  b.add(record_view{ulid::make(1, 1, 1), "u", "y", false});
  a.add(record_view{ulid::make(1, 1, 1), "t", "x", false});
  const std::vector<const batch*> from = {&a, &b};
  const merged m = merge(from);
  const ulid id = ulid::make(1, 1, 1);
  CHECK(keys_of(m, from) == std::vector<key>{{"t", id, "x"}, {"t", id, "y"}, {"u", id, "y"}});
  CHECK(m.equal_dropped == 1);
  CHECK(m.conflicts == 1);
}

TEST_CASE("merge: the continuation flag follows its record", "[record]") {
  batch b;
  b.add(record_view{ulid::make(2, 1, 2), "t", "tail", true});
  b.add(record_view{ulid::make(2, 1, 1), "t", "head", false});
  const merged m = merge({&b});
  REQUIRE(m.refs.size() == 2);
  CHECK_FALSE(view(m, m.refs[0], {&b}).continuation);
  CHECK(view(m, m.refs[1], {&b}).continuation);
  CHECK(view(m, m.refs[1], {&b}).text == "tail");
}

TEST_CASE("merge: long runs that overlap, nest and descend come out sorted", "[record]") {
  prng random(3);
  std::vector<batch> batches(5);
  std::uint64_t total = 0;
  for (std::size_t k = 0; k < batches.size(); ++k) {
    for (std::uint64_t i = 0; i < 5000; ++i, ++total) {
      const std::uint64_t ms = k == 4 ? 9000 - i : (k == 3 ? random.below(9000) : k * 2000 + i);
      batches[k].add(record_view{ulid::make(ms, k, i), "t", "x", false});
    }
  }
  const merged m = merge(pointers(batches));
  REQUIRE(m.refs.size() == total);
  for (std::size_t i = 1; i < m.refs.size(); ++i) REQUIRE(m.refs[i - 1].id < m.refs[i].id);
}

TEST_CASE("merge: nothing merges to nothing", "[record]") {
  CHECK(merge({}).refs.empty());
  batch empty;
  CHECK(merge({&empty}).refs.empty());
}
