// Where the bits of a segment's filters lie: one frame of checked pages, in them one bit matrix for
// each size of filter. docs/format.md, section "Filters", draws it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "oklog/segment/store_segment.h"

namespace oklog {

inline constexpr std::uint16_t filters_version = 1;
inline constexpr std::uint64_t filter_head_bytes = 16;  // prefix, tag, version, reserved
inline constexpr std::uint64_t page_words = 63;         // and a word of hash
inline constexpr std::uint64_t page_bytes = (page_words + 1) * 8;

// Blocks whose filters have equal size. Their matrix has a row a hashed bit, and in it one bit a
// block, packed without padding.
struct filter_group {
  unsigned log2_bits = 0;
  std::uint64_t first_bit = 0;        // of all matrices, laid one behind the other
  std::vector<std::uint32_t> blocks;  // ascending
};

class filter_layout {
 public:
  // Of no filters where the footer names none, or a version, gram or hash that this build cannot
  // read.
  explicit filter_layout(const store_footer& footer);

  const std::vector<filter_group>& groups() const { return groups_; }
  std::uint64_t words() const { return words_; }  // of the matrices
  std::uint64_t pages() const { return (words_ + page_words - 1) / page_words; }
  std::uint64_t words_of_page(std::uint64_t page) const;
  std::uint64_t frame_offset() const { return frame_offset_; }
  // Head, pages and their hashes.
  std::uint64_t frame_bytes() const { return filter_head_bytes + (words_ + pages()) * 8; }
  std::uint64_t page_offset(std::uint64_t page) const {
    return frame_offset_ + filter_head_bytes + page * page_bytes;
  }
  // Binds a page to its place and its file.
  std::uint64_t page_seed(std::uint64_t page) const { return seed_ + page_offset(page); }
  // Of what was read where the page lies, its hash included. Error: corruption.
  result<> check_page(std::uint64_t page, std::string_view bytes) const;

 private:
  std::vector<filter_group> groups_;
  std::uint64_t words_ = 0;
  std::uint64_t frame_offset_ = 0;
  std::uint64_t seed_ = 0;
};

// Where the last block ends.
std::uint64_t blocks_end(const store_footer& footer);

}  // namespace oklog
