// Who reads what for one query.
#include "node/query_plan.h"

#include <catch2/catch.hpp>
#include <set>

#include "oklog/base/prng.h"

using namespace oklog;
using namespace oklog::node;

namespace {

constexpr std::uint64_t hour = 480'000;

catalogue_partition held(std::uint64_t window, std::uint32_t shard, std::uint64_t content,
                         std::uint64_t bytes = 1000) {
  catalogue_partition p;
  p.where = {window, shard};
  p.digest = {content, {content, content}};
  p.bytes = bytes;
  return p;
}

listed_store store(std::string id, std::vector<catalogue_partition> partitions, bool own = false) {
  listed_store s;
  s.id = std::move(id);
  s.held.partitions = std::move(partitions);
  s.own = own;
  return s;
}

std::size_t copies_read(const query_plan::shares& shares) {
  std::size_t n = 0;
  for (const auto& [at, copies] : shares) n += copies.size();
  return n;
}

// `stores` stores, each partition on two of them.
std::vector<listed_store> replicated(std::size_t stores, std::size_t partitions) {
  std::vector<listed_store> all;
  for (std::size_t i = 0; i < stores; ++i) all.push_back(store("store" + std::to_string(i), {}));
  for (std::size_t n = 0; n < partitions; ++n) {
    for (const std::size_t at : {n % stores, (n + 1 + n / stores % (stores - 1)) % stores}) {
      all[at].held.partitions.push_back(held(hour + n, 0, n + 1));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("K18: a partition that all its stores hold alike is read from one of them", "[node]") {
  const query_plan plan(replicated(5, 200));
  const auto shares = plan.reading();
  CHECK(plan.copies().size() == 200);
  CHECK(copies_read(shares) == 200);
  REQUIRE(shares.size() == 5);
  for (const auto& [at, copies] : shares) {
    CHECK(copies.size() >= 35);
    CHECK(copies.size() <= 45);
  }
}

TEST_CASE("K18: where digests differ one copy of each distinct digest is read", "[node]") {
  const query_plan plan({store("a", {held(hour, 0, 7)}), store("b", {held(hour, 0, 7)}),
                         store("c", {held(hour, 0, 8)}), store("d", {held(hour, 0, 8)})});
  const auto shares = plan.reading();
  CHECK(plan.copies().size() == 2);
  CHECK(copies_read(shares) == 2);
  std::set<std::uint64_t> digests;
  for (const auto& [at, copies] : shares) {
    for (const std::size_t n : copies) digests.insert(plan.copies()[n].digest.count);
  }
  CHECK(digests == std::set<std::uint64_t>{7, 8});
}

TEST_CASE("K18: two digests of equal count are two copies", "[node]") {
  catalogue_partition other = held(hour, 0, 7);
  other.digest.sum.lo += 1;
  const query_plan plan({store("a", {held(hour, 0, 7)}), store("b", {other})});
  CHECK(plan.copies().size() == 2);
}

TEST_CASE("query plan: its own copy is preferred, and the work is still spread by bytes",
          "[node]") {
  auto stores = replicated(3, 300);
  stores[1].own = true;
  const query_plan plan(stores);
  const auto shares = plan.reading();
  REQUIRE(shares.size() == 3);
  CHECK(shares.at(1).size() > shares.at(0).size());
  CHECK(shares.at(1).size() > shares.at(2).size());
  CHECK(shares.at(1).size() < 160);
  const query_plan one({store("a", {held(hour, 0, 1)}), store("b", {held(hour, 0, 1)}, true)});
  CHECK(one.reading().count(1) == 1);
}

TEST_CASE("query plan: a large partition counts for many small ones", "[node]") {
  std::vector<catalogue_partition> all{held(hour, 0, 1, 1'000'000)};
  for (std::uint32_t i = 1; i < 50; ++i) all.push_back(held(hour + i, 0, 1 + i, 1000));
  const query_plan plan({store("a", all), store("b", all)});
  const auto shares = plan.reading();
  REQUIRE(shares.size() == 2);
  CHECK(std::min(shares.at(0).size(), shares.at(1).size()) == 1);
}

TEST_CASE("query plan: the newest hour alone is not read from the same store by everybody",
          "[node]") {
  std::set<std::size_t> readers;
  for (std::uint64_t h = 0; h < 40; ++h) {
    const std::vector<catalogue_partition> one{held(hour + h, 0, 1)};
    readers.insert(query_plan({store("a", one), store("b", one)}).reading().begin()->first);
  }
  CHECK(readers.size() == 2);
}

TEST_CASE("query plan: it is the same each time", "[node]") {
  const auto stores = replicated(4, 100);
  CHECK(query_plan(stores).reading() == query_plan(stores).reading());
}

TEST_CASE("query plan: what a store does not give is given by others that hold the same",
          "[node]") {
  query_plan plan(replicated(4, 120));
  const auto first = plan.reading();
  std::vector<std::size_t> left;
  REQUIRE(plan.replaceable(2, first.at(2)));
  const auto instead = plan.replace(2, trouble::failed, first.at(2), left);
  CHECK(left.empty());
  CHECK(instead.count(2) == 0);
  CHECK(instead.size() == 3);
  CHECK(copies_read(instead) == first.at(2).size());
  CHECK(copies_read(plan.reading()) == 120);
}

TEST_CASE("query plan: one that was slow is asked once more when all others have failed",
          "[node]") {
  const std::vector<catalogue_partition> one{held(hour, 0, 1)};
  query_plan plan({store("a", one), store("b", one)});
  const std::size_t first = plan.reading().begin()->first;
  const std::size_t second = 1 - first;
  std::vector<std::size_t> left;
  CHECK(plan.replace(first, trouble::slow, {0}, left).count(second) == 1);
  CHECK(plan.replace(second, trouble::failed, {0}, left).count(first) == 1);
  CHECK(left.empty());
  // It is the last one: there is nobody to replace it.
  CHECK_FALSE(plan.replaceable(first, {0}));
  CHECK(plan.replace(first, trouble::failed, {0}, left).empty());
  CHECK(left == std::vector<std::size_t>{0});
}

TEST_CASE("query plan: two slow stores do not replace each other for ever", "[node]") {
  const std::vector<catalogue_partition> one{held(hour, 0, 1)};
  query_plan plan({store("a", one), store("b", one)});
  std::size_t reader = plan.reading().begin()->first;
  std::vector<std::size_t> left;
  std::size_t replaced = 0;
  while (plan.replaceable(reader, {0})) {
    reader = plan.replace(reader, trouble::slow, {0}, left).begin()->first;
    REQUIRE(++replaced < 10);
  }
  CHECK(left.empty());
}

TEST_CASE("query plan: another digest is no replacement", "[node]") {
  query_plan plan({store("a", {held(hour, 0, 1)}), store("b", {held(hour, 0, 2)})});
  std::vector<std::size_t> left;
  const auto shares = plan.reading();
  CHECK_FALSE(plan.replaceable(0, shares.at(0)));
  CHECK(plan.replace(0, trouble::failed, shares.at(0), left).empty());
  CHECK(left == shares.at(0));
}

TEST_CASE(
    "query plan: a copy is lost once each of its holders has failed to give it, and not before",
    "[node]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    prng random(seed);
    std::vector<listed_store> stores;
    const std::size_t count = 2 + random.below(5);
    for (std::size_t i = 0; i < count; ++i) stores.push_back(store("s" + std::to_string(i), {}));
    for (std::uint64_t w = 0; w < 30; ++w) {
      for (auto& s : stores) {
        if (random.chance(1, 2))
          s.held.partitions.push_back(held(hour + w, 0, 1 + random.below(2)));
      }
    }
    query_plan plan(stores);
    std::set<std::size_t> lost;
    std::set<std::pair<std::size_t, std::size_t>> asked;  // copy, store
    while (lost.size() < plan.copies().size()) {
      auto shares = plan.reading();
      auto at = std::next(shares.begin(), static_cast<std::ptrdiff_t>(random.below(shares.size())));
      std::erase_if(at->second, [&](std::size_t n) { return lost.contains(n); });
      for (const std::size_t n : at->second) CHECK(asked.insert({n, at->first}).second);
      std::vector<std::size_t> left;
      for (const auto& [to, copies] : plan.replace(at->first, trouble::failed, at->second, left)) {
        for (const std::size_t n : copies) CHECK(*plan.find(to, plan.copies()[n].where) == n);
      }
      for (const std::size_t n : left) {
        lost.insert(n);
        for (const auto& h : plan.copies()[n].holders) CHECK(asked.contains({n, h.store}));
      }
    }
  }
}
