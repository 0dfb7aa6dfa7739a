#include "../../src/base/vector_kernels.h"

#include <catch2/catch.hpp>
#include <string>

#include "oklog/base/prng.h"

using namespace oklog;

TEST_CASE("vector kernels: every set that the processor runs says the same", "[base]") {
  kernel_choice sets[3];
  const std::size_t count = available_kernels(sets);
  prng random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const std::uint64_t letters = 2 + random.below(60);
    while (text.size() < 64 * 8 + 16) {
      text += static_cast<char>('\n' + random.below(letters));
    }
    const auto letter = [&] { return static_cast<char>('\n' + random.below(letters)); };
    const bool fold = random.chance(1, 2);
    const char mask = fold ? 0x20 : 0;
    const pair_bytes pair{text.data(),
                          text.data() + random.below(16),
                          static_cast<char>(letter() | mask),
                          letter(),
                          mask,
                          0};
    const std::size_t at = random.below(64);
    std::uint64_t wanted = 0;
    const std::size_t chunk = sets[0].kernels.skip_chunks(pair, at, 7, wanted);
    CHECK((chunk == 7) == (wanted == 0));
    const std::size_t feeds = sets[0].kernels.count_line_feeds(text.data() + at, 7);
    for (std::size_t i = 1; i < count; ++i) {
      INFO(sets[i].name);
      std::uint64_t bits = 1;
      REQUIRE(sets[i].kernels.skip_chunks(pair, at, 7, bits) == chunk);
      REQUIRE(bits == wanted);
      REQUIRE(sets[i].kernels.count_line_feeds(text.data() + at, 7) == feeds);
    }
  }
}
