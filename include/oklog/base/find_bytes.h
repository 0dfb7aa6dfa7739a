// Searching text for bytes, with vector instructions where the machine has them (x86-64: SSE2
// always, AVX2 where the processor says so); elsewhere the C library's functions do it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/base/ascii.h"

namespace oklog {

bool all_ascii(std::string_view text);

// REQUIRES: less than 4 GiB.
std::uint32_t count_line_feeds(std::string_view text);

// A string to search for, prepared. Immutable and thread-safe.
//
// Looks for the two bytes of the needle that are rarest in log text, at their distance, and
// compares the rest only where both stand. Time is linear in text and needle, whatever they are: a
// search that has met too many false candidates goes on by another way.
class byte_finder {
 public:
  // With `fold`, ASCII letters of either case are equal.
  explicit byte_finder(std::string needle, bool fold = false);

  // Where the needle begins first, at or behind `from`; npos where nowhere. An empty needle stands
  // everywhere. REQUIRES: from <= text's size.
  std::size_t find(std::string_view text, std::size_t from = 0) const;

  const std::string& needle() const { return needle_; }  // folded where folding
  bool folds() const { return fold_; }

  // How common the needle may be, by its two rarest bytes: for choosing among several.
  unsigned commonness() const { return commonness_; }

 private:
  std::size_t find_plainly(std::string_view text, std::size_t from) const;
  std::size_t find_folded_plainly(std::string_view text, std::size_t from) const;
  bool stands_at(const char* at) const;

  std::string needle_;
  bool fold_;
  std::array<std::size_t, 2> rare_{};  // places in the needle, ascending; equal for one byte
  unsigned commonness_ = 0;
};

}  // namespace oklog
