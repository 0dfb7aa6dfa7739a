#include <algorithm>
#include <bit>
#include <cstring>

#include "oklog/base/ascii.h"
#include "segment/filter_build.h"
#include "segment/gram_hash.h"

namespace oklog {
namespace {

// A filter is folded while no more than this share of its bits would be set then.
constexpr std::size_t fill_percent_max = 55;

// Text is folded in pieces that stay in the first-level cache beside the bitmap.
constexpr std::size_t piece_bytes = 4096;
constexpr std::size_t vector_bytes = 64;
constexpr std::size_t load_bytes = 8;

struct folded_piece {
  alignas(vector_bytes) char bytes[piece_bytes + vector_bytes];

  // Whole vectors, so that the loop within is vectorised; `from` may be short.
  void take(const char* from, std::size_t size) {
    std::memcpy(bytes, from, size);
    for (std::size_t at = 0; at < size; at += vector_bytes) {
      for (std::size_t i = 0; i < vector_bytes; ++i) {
        const auto c = static_cast<unsigned char>(bytes[at + i]);
        const auto letter = static_cast<unsigned char>(c - 'A') < 26;
        bytes[at + i] = static_cast<char>(c | (letter ? 0x20 : 0));
      }
    }
  }
};

void add_line(const char* line, std::size_t size, std::uint64_t mask, std::uint64_t* words) {
  if (size < gram_bytes) return;
  for (const char* const end = line + size - gram_bytes + 1; line != end; ++line) {
    const std::uint64_t bit = gram_hash(line) & mask;
    words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

void add_text(std::string_view text, std::uint64_t mask, std::uint64_t* words) {
  folded_piece piece{};
  std::size_t at = 0;
  while (text.size() - at >= gram_bytes) {
    const std::size_t size = std::min(text.size() - at, piece_bytes);
    piece.take(text.data() + at, size);
    std::size_t line = 0;
    while (line < size) {
      const void* feed = std::memchr(piece.bytes + line, '\n', size - line);
      const std::size_t end =
          feed == nullptr ? size
                          : static_cast<std::size_t>(static_cast<const char*>(feed) - piece.bytes);
      add_line(piece.bytes + line, end - line, mask, words);
      if (feed == nullptr) break;
      line = end + 1;
    }
    if (at + size == text.size()) break;
    // The next piece begins with the last bytes of this one, whose grams reach over its end.
    at += std::max(line, size - (gram_bytes - 1));
  }
}

std::size_t bits_set_when_folded(const std::vector<std::uint64_t>& words) {
  const std::size_t half = words.size() / 2;
  std::size_t set = 0;
  for (std::size_t i = 0; i < half; ++i) {
    set += static_cast<std::size_t>(std::popcount(words[i] | words[i + half]));
  }
  return set;
}

void fold(std::vector<std::uint64_t>& words) {
  const std::size_t half = words.size() / 2;
  for (std::size_t i = 0; i < half; ++i) words[i] |= words[i + half];
  words.resize(half);
}

}  // namespace

block_filter filter_of_size(std::string_view text, unsigned log2_bits) {
  const std::size_t bits = std::size_t{1} << log2_bits;
  block_filter filter;
  filter.words.resize(bits / 64);
  add_text(text, bits - 1, filter.words.data());
  return filter;
}

unsigned block_filter::log2_bits() const {
  if (words.empty()) return 0;
  return static_cast<unsigned>(std::countr_zero(words.size())) + filter_log2_min;
}

block_filter build_filter(std::string_view text, std::size_t block_bytes) {
  const auto enough = static_cast<unsigned>(std::bit_width(text.size()));  // a bit a gram
  block_filter filter = filter_of_size(text, std::clamp(enough, filter_log2_min, filter_log2_max));
  while (filter.words.size() > 1) {
    const bool too_large = filter.bytes() > block_bytes / 2;
    const std::size_t half_bits = filter.words.size() / 2 * 64;
    const bool sparse = bits_set_when_folded(filter.words) * 100 <= half_bits * fill_percent_max;
    if (!too_large && !sparse) break;
    fold(filter.words);
  }
  filter.words.shrink_to_fit();
  return filter;
}

}  // namespace oklog
