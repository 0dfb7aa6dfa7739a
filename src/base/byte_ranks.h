// How common each byte is in log text: 0 for one that does not occur, 12 more for each doubling.
// Counted over logs of twelve systems, ASCII nearly all; bytes of UTF-8 are set by hand, so that
// among them the second and third are preferred to the first, which all letters of a script share.
#pragma once

#include <array>
#include <cstdint>

namespace oklog {

// clang-format off
inline constexpr std::array<std::uint8_t, 128> ascii_ranks = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 172, 0, 0, 171, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 0,
    216, 79, 130, 148, 130, 40, 60, 83, 152, 152, 129, 69, 159, 182, 189, 162,
    204, 202, 197, 188, 187, 188, 183, 183, 183, 181, 192, 124, 98, 161, 83, 60,
    130, 156, 151, 163, 159, 159, 161, 120, 131, 163, 148, 141, 154, 157, 168, 156,
    146, 124, 166, 172, 154, 146, 118, 147, 101, 80, 131, 165, 83, 165, 20, 166,
    20, 192, 167, 189, 187, 204, 168, 170, 177, 191, 130, 172, 181, 177, 194, 197,
    178, 118, 196, 190, 197, 182, 159, 155, 164, 164, 125, 90, 152, 90, 127, 0};
// clang-format on

constexpr unsigned byte_rank(char c) {
  const auto b = static_cast<unsigned char>(c);
  if (b < 0x80) return ascii_ranks[b];
  return b < 0xc0 ? 120 : 140;
}

}  // namespace oklog
