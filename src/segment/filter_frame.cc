#include "segment/filter_frame.h"

#include <algorithm>
#include <array>
#include <limits>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "segment/bit_tile.h"
#include "segment/frames.h"
#include "segment/gram_hash.h"

namespace oklog {
namespace {

store_footer& name_filters(store_footer& footer) {
  footer.filters = {filters_version, gram_bytes, gram_hash_id, 0};
  footer.filters.frame_bytes = filter_layout(footer).frame_bytes();
  return footer;
}

}  // namespace

filter_frame::filter_frame(store_footer& footer, const std::vector<block_filter>& filters)
    : layout_(name_filters(footer)), filters_(&filters) {
  ASSERT(filters.size() == footer.blocks.size(), "one filter a block");
}

result<> filter_frame::write(const sink& out) {
  const std::uint64_t size = layout_.frame_bytes() - frame_prefix_bytes;
  ASSERT(size <= std::numeric_limits<std::uint32_t>::max(), "filters under 4 GiB");
  std::string head;
  put_int(head, about_magic);
  put_int(head, static_cast<std::uint32_t>(size));
  head.append(filters_tag);
  put_int(head, filters_version);
  put_int(head, std::uint16_t{0});
  TRY(out(head));
  for (const filter_group& group : layout_.groups()) {
    TRY(write_group(group, out));
  }
  ASSERT(words_ == layout_.words() && page_used_ == 0, "the frame is as large as the footer says");
  return {};
}

// 64 rows at a time: a tile for each 64 blocks, then row by row through all tiles.
result<> filter_frame::write_group(const filter_group& group, const sink& out) {
  const std::size_t blocks = group.blocks.size();
  const std::size_t rows_of_words = std::size_t{1} << (group.log2_bits - filter_log2_min);
  std::vector<const std::uint64_t*> bitmaps;
  bitmaps.reserve(blocks);
  for (const std::uint32_t b : group.blocks) bitmaps.push_back((*filters_)[b].words.data());
  std::vector<bit_tile> tiles((blocks + 63) / 64);
  for (std::size_t word = 0; word < rows_of_words; ++word) {
    for (std::size_t i = 0; i < blocks; ++i) {
      tiles[i / 64][i % 64] = bitmaps[i][word];
    }
    std::fill(tiles.back().begin() + static_cast<std::ptrdiff_t>((blocks - 1) % 64 + 1),
              tiles.back().end(), 0);
    for (bit_tile& tile : tiles) transpose(tile);
    for (std::size_t row = 0; row < 64; ++row) {
      for (std::size_t t = 0; t < tiles.size(); ++t) {
        TRY(put_bits(tiles[t][row], std::min<std::size_t>(64, blocks - t * 64), out));
      }
    }
  }
  return {};
}

// REQUIRES: bits beyond `count` are 0.
result<> filter_frame::put_bits(std::uint64_t bits, std::size_t count, const sink& out) {
  partial_ |= bits << partial_bits_;
  const std::size_t room = 64 - partial_bits_;
  if (count < room) {
    partial_bits_ += count;
    return {};
  }
  const std::uint64_t word = partial_;
  partial_ = room == 64 ? 0 : bits >> room;
  partial_bits_ = count - room;
  return put_word(word, out);
}

result<> filter_frame::put_word(std::uint64_t word, const sink& out) {
  set_int(page_.data() + page_used_, word);
  page_used_ += 8;
  ++words_;
  if (page_used_ < page_words * 8 && words_ < layout_.words()) return {};
  const std::string_view body(page_.data(), page_used_);
  set_int(page_.data() + page_used_, xxh3_64(body, layout_.page_seed(pages_++)));
  const std::string_view page(page_.data(), page_used_ + 8);
  page_used_ = 0;
  return out(page);
}

}  // namespace oklog
