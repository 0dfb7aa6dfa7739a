// Reads all filters of a segment into memory and asks whether they are what they should be: for
// people who look at a file, and for tests. Queries use filter_reader.
#pragma once

#include <string>
#include <vector>

#include "segment/filter_layout.h"

namespace oklog {

class filter_check {
 public:
  explicit filter_check(const store_segment& segment);

  // Reads every page; adds a sentence to `damage` for each that is not as it was written. Error:
  // io.
  result<> load(std::vector<std::string>& damage);
  const filter_layout& layout() const { return layout_; }

  // REQUIRES, for both: load() found no damage.
  // Whether the block's filter has every gram of `text`; true where it has no filter.
  bool has_all_grams(std::size_t block, std::string_view text) const;
  std::uint64_t bits_set(const filter_group& group) const;

 private:
  bool has_bit(std::uint64_t bit) const { return (words_[bit / 64] >> (bit % 64) & 1) != 0; }

  const store_segment* segment_;
  filter_layout layout_;
  std::vector<std::uint64_t> words_;
};

}  // namespace oklog
