#include "oklog/grep/rotated_names.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace oklog;

TEST_CASE("rotated names: oldest first, numbers by value, packed or not", "[grep]") {
  const std::vector<std::vector<std::string>> sets = {
      {"/l/app.log.10.gz", "/l/app.log.9.zst", "/l/app.log.2.gz", "/l/app.log.1", "/l/app.log"},
      {"a.log-20261119.gz", "a.log-20261120", "a.log-20261121.zstd", "a.log"},
      {"a.2026-11-19", "a.2026-11-20"},
      {"app2.log.1", "app2.log", "app10.log.1", "app10.log"},
      {"a.log", "b.log.1", "b.log"},
      {"007.log", "7.log"},
      {"x.1.log", "x.2.log", "x.10.log"}};
  for (std::vector<std::string> set : sets) {
    const std::vector<std::string> wanted = set;
    std::sort(set.begin(), set.end());
    do {
      std::vector<std::string> sorted = set;
      grep::sort_rotated(sorted);
      REQUIRE(sorted == wanted);
    } while (set.size() < 5 && std::next_permutation(set.begin(), set.end()));
  }
}
