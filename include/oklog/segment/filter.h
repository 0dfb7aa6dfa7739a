// The n-gram filter of one block: a bitmap with one hashed bit for each run of gram_bytes bytes
// that occurs in the block's text. A block whose filter lacks a gram of a searched text cannot hold
// that text; one whose filter has them all may.
//
// Grams are taken from the ASCII-folded text, so that one filter serves searches of any case; bytes
// of 0x80 and above count as they are. No gram holds a line feed. docs/format.md, section
// "Filters".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace oklog {

inline constexpr std::size_t gram_bytes = 5;

struct block_filter {
  // A power of two of words; bit i of the bitmap is bit i % 64 of word i / 64. Empty: no filter,
  // and the block is read by every search that reaches it.
  std::vector<std::uint64_t> words;

  // Of the number of bits; 0: no filter.
  unsigned log2_bits() const;
  std::size_t bytes() const { return words.size() * sizeof(std::uint64_t); }
};

// Of a block's text. Built large, then folded in half as long as it stays sparse enough, and while
// it is larger than half the encoded block of `block_bytes`: so filters never take more than a
// third of a file, nor, while they wait in memory for its end, of that much memory.
block_filter build_filter(std::string_view text, std::size_t block_bytes);

}  // namespace oklog
