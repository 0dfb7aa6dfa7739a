// The lines of a block's text: which line holds a given byte, without a look at each line before
// it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "oklog/query/matcher.h"

namespace oklog {

inline std::uint32_t count_line_feeds(std::string_view text) {
  // Sums of at most 255 fit a byte, so that the inner loop becomes vector code.
  std::size_t total = 0;
  while (!text.empty()) {
    const std::size_t n = std::min<std::size_t>(text.size(), 4096);
    std::uint8_t sums[32] = {};
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      for (std::size_t k = 0; k < 32; ++k) {
        sums[k] = static_cast<std::uint8_t>(sums[k] + (text[i + k] == '\n' ? 1 : 0));
      }
    }
    for (; i < n; ++i) total += text[i] == '\n' ? 1 : 0;
    for (const std::uint8_t s : sums) total += s;
    text.remove_prefix(n);
  }
  return static_cast<std::uint32_t>(total);
}

// Goes over a text whose lines each end with LF, only forwards.
class line_cursor {
 public:
  explicit line_cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return begin_ >= text_.size(); }
  std::size_t begin() const { return begin_; }

  // The line that holds byte `at` (its LF belongs to it); the cursor then stands behind it.
  // REQUIRES: begin() <= at < the text's size.
  text_hit take(std::size_t at) {
    const std::string_view before = text_.substr(begin_, at - begin_);
    if (const std::size_t feed = before.rfind('\n'); feed != std::string_view::npos) {
      record_ += count_line_feeds(before.substr(0, feed + 1));
      begin_ += feed + 1;
    }
    const std::size_t end = text_.find('\n', at);
    const text_hit hit{record_, static_cast<std::uint32_t>(begin_),
                       static_cast<std::uint32_t>(end - begin_)};
    begin_ = end + 1;
    ++record_;
    return hit;
  }

  // How many lines the text has in all.
  std::uint32_t count() const { return record_ + count_line_feeds(text_.substr(begin_)); }

 private:
  std::string_view text_;
  std::size_t begin_ = 0;
  std::uint32_t record_ = 0;
};

}  // namespace oklog
