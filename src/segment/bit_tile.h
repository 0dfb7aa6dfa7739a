// 64 by 64 bits; bit c of word r is column c of row r.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace oklog {

using bit_tile = std::array<std::uint64_t, 64>;

// Rows become columns, in place: halves of each square are exchanged, from the largest square to
// the smallest (Warren, Hacker's Delight, 7-3).
inline void transpose(bit_tile& tile) {
  std::uint64_t mask = 0x00000000ffffffffULL;
  for (std::size_t half = 32; half != 0; half /= 2, mask ^= mask << half) {
    for (std::size_t row = 0; row < 64; row = (row + half + 1) & ~half) {
      const std::uint64_t moved = (tile[row] >> half ^ tile[row + half]) & mask;
      tile[row] ^= moved << half;
      tile[row + half] ^= moved;
    }
  }
}

}  // namespace oklog
