// Where in a text two bytes stand at a given distance: the vector part of byte_finder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace oklog {

struct rare_pair {
  std::size_t place[2];  // in the needle, ascending
  char byte[2];          // in lower case where either case will do
  bool letter[2];        // either case will do
};

class pair_search {
 public:
  // Candidates are places where a needle of that size may begin, from `from` on.
  // REQUIRES: from <= text's size; both places lie inside the needle.
  pair_search(std::string_view text, std::size_t from, std::size_t needle_size,
              const rare_pair& pair);

  // The next candidate, ascending; npos behind the last.
  std::size_t next() {
    while (bits_ == 0) {
      if (!refill()) return std::string_view::npos;
    }
    const auto bit = static_cast<std::size_t>(__builtin_ctzll(bits_));
    bits_ &= bits_ - 1;
    return base_ + bit;
  }

 private:
  bool refill();
  std::uint64_t compare_tail();

  const char* text_;
  std::size_t at_;          // candidates below are given
  std::size_t end_;         // no candidate from here on
  std::size_t base_ = 0;    // of bits_
  std::uint64_t bits_ = 0;  // candidates not given yet
  rare_pair pair_;
};

}  // namespace oklog
