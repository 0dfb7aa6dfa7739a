// A set of a segment's blocks, by their place in the file: which of them a search has to read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "oklog/base/assert.h"

namespace oklog {

class block_set {
 public:
  // Of `blocks` blocks none is in it.
  explicit block_set(std::size_t blocks) : blocks_(blocks), words_((blocks + 63) / 64) {}
  static block_set all(std::size_t blocks) {
    block_set s(blocks);
    for (std::size_t i = 0; i < s.words_.size(); ++i) s.words_[i] = ~std::uint64_t{0};
    if (blocks % 64 != 0) s.words_.back() >>= 64 - blocks % 64;
    return s;
  }

  std::size_t blocks() const { return blocks_; }
  bool has(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void add(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  void remove(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  bool empty() const {
    for (const std::uint64_t w : words_) {
      if (w != 0) return false;
    }
    return true;
  }
  std::size_t count() const {
    std::size_t n = 0;
    for (const std::uint64_t w : words_) n += static_cast<std::size_t>(std::popcount(w));
    return n;
  }
  // fn(index) for each block in it, ascending.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1) {
        fn(i * 64 + static_cast<std::size_t>(std::countr_zero(w)));
      }
    }
  }

  // For those who fill a set 64 blocks at a time. Bits beyond blocks() may be set only in a set
  // that is then made smaller by one that has none.
  std::vector<std::uint64_t>& words() { return words_; }

  // REQUIRES: of the same segment.
  block_set& operator&=(const block_set& o) {
    ASSERT(blocks_ == o.blocks_, "sets of one segment's blocks");
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= o.words_[i];
    return *this;
  }
  block_set& operator|=(const block_set& o) {
    ASSERT(blocks_ == o.blocks_, "sets of one segment's blocks");
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= o.words_[i];
    return *this;
  }
  friend bool operator==(const block_set&, const block_set&) = default;

 private:
  std::size_t blocks_;
  std::vector<std::uint64_t> words_;
};

}  // namespace oklog
