#include "segment/filter_check.h"

#include <algorithm>
#include <bit>

#include "oklog/base/bytes.h"
#include "segment/file_window.h"
#include "segment/filter_build.h"

namespace oklog {

filter_check::filter_check(const store_segment& segment)
    : segment_(&segment), layout_(segment.footer) {}

result<> filter_check::load(std::vector<std::string>& damage) {
  words_.clear();
  file_window window(*segment_->file->file, segment_->file_bytes);
  for (std::uint64_t page = 0; page < layout_.pages(); ++page) {
    const std::uint64_t size = (layout_.words_of_page(page) + 1) * 8;
    TRY_LET(const std::string_view bytes, window.view(layout_.page_offset(page), size));
    const result<> sound = layout_.check_page(page, bytes);
    if (!sound) damage.push_back(sound.error().what);
    for (std::size_t i = 0; i + 8 < bytes.size(); i += 8) {
      words_.push_back(get_int<std::uint64_t>(bytes.data() + i));
    }
  }
  return {};
}

bool filter_check::has_all_grams(std::size_t block, std::string_view text) const {
  const unsigned log2 = segment_->footer.blocks[block].filter_log2;
  for (const filter_group& group : layout_.groups()) {
    if (group.log2_bits != log2) continue;
    const auto at = std::lower_bound(group.blocks.begin(), group.blocks.end(), block);
    const auto column = static_cast<std::uint64_t>(at - group.blocks.begin());
    const block_filter wanted = filter_of_size(text, log2);
    for (std::size_t i = 0; i < wanted.words.size(); ++i) {
      for (std::uint64_t w = wanted.words[i]; w != 0; w &= w - 1) {
        const std::uint64_t row = i * 64 + static_cast<std::uint64_t>(std::countr_zero(w));
        if (!has_bit(group.first_bit + row * group.blocks.size() + column)) return false;
      }
    }
  }
  return true;
}

std::uint64_t filter_check::bits_set(const filter_group& group) const {
  const std::uint64_t words = (std::uint64_t{group.blocks.size()} << group.log2_bits) / 64;
  std::uint64_t set = 0;
  for (std::uint64_t i = group.first_bit / 64, end = i + words; i < end; ++i) {
    set += static_cast<std::uint64_t>(std::popcount(words_[i]));
  }
  return set;
}

}  // namespace oklog
