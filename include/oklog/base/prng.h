// A small deterministic generator of random integers (xoshiro256**, https://prng.di.unimi.it).
// Seeded from env's entropy in production and from the simulation's seed in tests; std's
// distributions are not used, since their output differs between libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace oklog {

class prng {
 public:
  explicit prng(std::uint64_t seed);

  std::uint64_t next();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // True with probability num/den.
  bool chance(std::uint64_t num, std::uint64_t den) { return below(den) < num; }
  // A generator for another purpose, so that its draws do not shift this one's.
  prng fork() { return prng(next()); }

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_[4];
};

}  // namespace oklog
