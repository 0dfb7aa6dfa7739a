#include "segment/filter_layout.h"

#include <algorithm>

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "segment/gram_hash.h"

namespace oklog {

std::uint64_t blocks_end(const store_footer& footer) {
  const store_block& last = footer.blocks.back();
  return last.offset + last.header.bytes();
}

bool filter_index::readable() const {
  return version == filters_version && gram_bytes == oklog::gram_bytes && hash == gram_hash_id;
}

filter_layout::filter_layout(const store_footer& footer)
    : frame_offset_(blocks_end(footer)), seed_(footer.digest.sum.lo) {
  if (!footer.filters.readable()) return;
  std::vector<std::uint32_t> of_size[filter_log2_max + 1];
  for (std::size_t i = 0; i < footer.blocks.size(); ++i) {
    of_size[footer.blocks[i].filter_log2].push_back(static_cast<std::uint32_t>(i));
  }
  for (unsigned log2 = filter_log2_min; log2 <= filter_log2_max; ++log2) {
    if (of_size[log2].empty()) continue;
    groups_.push_back({log2, words_ * 64, std::move(of_size[log2])});
    words_ += (std::uint64_t{groups_.back().blocks.size()} << log2) / 64;
  }
}

result<> filter_layout::check_page(std::uint64_t page, std::string_view bytes) const {
  const std::size_t body = words_of_page(page) * 8;
  if (bytes.size() != body + 8) return fail(errc::corruption, "filters: cut short");
  if (get_int<std::uint64_t>(bytes.data() + body) !=
      xxh3_64(bytes.substr(0, body), page_seed(page))) {
    return fail(errc::corruption, "filters: page " + std::to_string(page) + " differs");
  }
  return {};
}

std::uint64_t filter_layout::words_of_page(std::uint64_t page) const {
  return std::min(page_words, words_ - page * page_words);
}

}  // namespace oklog
