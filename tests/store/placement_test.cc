#include "oklog/store/placement.h"

#include <catch2/catch.hpp>
#include <map>

using namespace oklog;

namespace {
const std::vector<std::string> five{"A", "B", "C", "D", "E"};
}

TEST_CASE("K7: ranks depend on partition and store id alone", "[store]") {
  const partition where{480'000, 3};
  const auto ranked = rank_stores(where, five);
  CHECK(ranked.size() == 5);
  CHECK(rank_stores(where, {"E", "D", "C", "B", "A", "A"}) == ranked);
}

TEST_CASE("K7: weights are a constant of the protocol", "[store]") {
  CHECK(rendezvous_weight({480'000, 3}, "01ARZ3NDEKTSV4RRFFQ69G5FAV") == 0xe5fc848f8b2405ebULL);
}

TEST_CASE("K7: a store that refuses is passed over and moves nobody else", "[store]") {
  for (std::uint64_t window = 0; window < 200; ++window) {
    const partition where{window, 0};
    const auto ranked = rank_stores(where, five);
    for (const std::string& gone : five) {
      std::vector<std::string> left;
      for (const std::string& s : ranked) {
        if (s != gone) left.push_back(s);
      }
      CHECK(write_set(where, left, 5) == left);
      CHECK(write_set(where, left, 2) == std::vector<std::string>(left.begin(), left.begin() + 2));
    }
  }
  CHECK(write_set({1, 1}, {"A"}, 3).size() == 1);
}

TEST_CASE("K7: partitions spread evenly over the stores", "[store]") {
  std::map<std::string, int> firsts;
  for (std::uint64_t window = 0; window < 1000; ++window) {
    for (std::uint32_t shard = 0; shard < 5; ++shard)
      ++firsts[rank_stores({window, shard}, five)[0]];
  }
  for (const auto& [store, n] : firsts) CHECK((n > 850 && n < 1150));
}
