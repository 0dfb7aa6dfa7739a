#include "node/clean_pass.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::node;

namespace {

constexpr partition first{1000, 0}, second{1001, 0};

store_catalogue holding(std::vector<std::pair<partition, std::uint64_t>> all) {
  store_catalogue c;
  for (const auto& [where, count] : all) {
    catalogue_partition p;
    p.where = where;
    p.digest.count = count;
    p.digest.sum = {count, count};
    c.partitions.push_back(std::move(p));
  }
  return c;
}

}  // namespace

TEST_CASE("K15: a pass is clean once each partition was found on as many stores as copies") {
  const auto own = holding({{first, 5}, {second, 7}});
  const auto whole = holding({{first, 5}, {second, 7}});
  const auto less = holding({{first, 5}, {second, 6}});
  clean_pass pass(own, {}, 2);
  CHECK_FALSE(pass.done());
  pass.look(own, {});
  CHECK(pass.open().size() == 2);
  pass.look(own, {&less});
  CHECK(pass.open().size() == 1);
  pass.look(own, {&less, &whole});
  CHECK(pass.done());
  clean_pass thrice(own, {}, 3);
  thrice.look(own, {&less, &whole});
  CHECK(thrice.open().size() == 1);
}

TEST_CASE("K15: partitions may be found equal one after the other, while others change") {
  clean_pass pass(holding({{first, 5}, {second, 7}}), {}, 2);
  const auto early = holding({{first, 5}, {second, 1}});
  pass.look(holding({{first, 5}, {second, 7}}), {&early});
  const auto late = holding({{first, 9}, {second, 8}});
  pass.look(holding({{first, 6}, {second, 8}}), {&late});
  CHECK(pass.done());
}

TEST_CASE("K15: what comes in after a pass began is not part of it, what went is not missed") {
  clean_pass pass(holding({{first, 5}}), {}, 2);
  pass.look(holding({{second, 1}}), {});
  CHECK(pass.done());
}

TEST_CASE("K12: what one store has expired already is not compared") {
  clean_pass pass(holding({{first, 5}, {second, 7}}), {}, 2);
  auto other = holding({{second, 7}});
  other.floor = second.window;
  pass.look(holding({{first, 5}, {second, 7}}), {&other});
  CHECK(pass.done());
}

TEST_CASE("K15: a lone store that wants two copies never proves them, one without records does") {
  const auto own = holding({{first, 5}});
  clean_pass pass(own, {}, 2);
  pass.look(own, {});
  CHECK_FALSE(pass.done());
  CHECK(clean_pass(holding({}), {}, 2).done());
  clean_pass one(own, {}, 1);
  one.look(own, {});
  CHECK(one.done());
}
