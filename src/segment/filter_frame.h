// Writes the frame that holds a segment's filters: turns bitmaps, one a block, into matrices with
// one row a hashed bit, and cuts those into checked pages.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/segment/filter.h"
#include "segment/filter_layout.h"

namespace oklog {

class filter_frame {
 public:
  using sink = std::function<result<>(std::string_view)>;

  // Names the filters in `footer`, whose blocks and digest are complete. `filters` has one a block;
  // borrowed.
  filter_frame(store_footer& footer, const std::vector<block_filter>& filters);

  // The whole frame, in pieces of about a page. Errors: the sink's.
  result<> write(const sink& out);

 private:
  result<> write_group(const filter_group& group, const sink& out);
  result<> put_bits(std::uint64_t bits, std::size_t count, const sink& out);
  result<> put_word(std::uint64_t word, const sink& out);

  filter_layout layout_;
  const std::vector<block_filter>* filters_;
  std::array<char, page_bytes> page_;
  std::size_t page_used_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t words_ = 0;
  std::uint64_t partial_ = 0;  // the lowest `partial_bits_` of it are the word that is being filled
  std::size_t partial_bits_ = 0;
};

}  // namespace oklog
