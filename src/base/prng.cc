#include "oklog/base/prng.h"

#include <bit>

#include "oklog/base/assert.h"

namespace oklog {

prng::prng(std::uint64_t seed) {
  // splitmix64, as the authors recommend for filling the state from one number.
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    word = z ^ (z >> 31);
  }
}

std::uint64_t prng::next() {
  const std::uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

std::uint64_t prng::below(std::uint64_t bound) {
  ASSERT(bound > 0, "prng::below(0)");
  // Reject the uneven tail instead of folding it in.
  const std::uint64_t limit = ~0ULL - (~0ULL % bound);
  std::uint64_t n = next();
  while (n >= limit) n = next();
  return n % bound;
}

}  // namespace oklog
