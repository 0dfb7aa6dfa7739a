// Which bit of a filter stands for a gram. On disk for ever: another hash is another hash id.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "oklog/segment/filter.h"

namespace oklog {

inline constexpr std::uint8_t gram_hash_id = 1;
inline constexpr unsigned filter_log2_min = 6;  // one word, so that a group is whole words
inline constexpr unsigned filter_log2_max = 24;

// Reads 8 bytes, of which the first five count. The lowest 24 bits of what comes back are hash; a
// filter of 2^k bits uses the lowest k, so that folding it in half is an OR of its halves.
inline std::uint64_t gram_hash(const char* at) {
  std::uint64_t gram;
  std::memcpy(&gram, at, sizeof gram);
  if constexpr (std::endian::native == std::endian::big) gram = __builtin_bswap64(gram);
  constexpr std::uint64_t gram_mask = (std::uint64_t{1} << (8 * gram_bytes)) - 1;
  // Every bit from 40 up depends on all bits of the gram.
  return (gram & gram_mask) * 0x9e3779b97f4a7c15ULL >> 40;
}

}  // namespace oklog
