// Asks the filters of one open store segment which of its blocks may hold a text.
//
// A gram costs one small read for each size of filter in the segment, whatever the number of
// blocks. What is read is checked: damage is an error, and never hides a line. Blocking; one thread
// at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "oklog/segment/block_set.h"
#include "oklog/segment/store_segment.h"

namespace oklog {

class filter_layout;
struct filter_group;

class filter_reader {
 public:
  // Reads nothing yet. `segment` is borrowed.
  explicit filter_reader(const store_segment& segment);
  ~filter_reader();

  // False where no block has a filter that this build can read; then everything stays.
  bool has_filters() const;

  // Takes out of `candidates` the blocks that cannot hold `piece`, bytes as they stand in one
  // record in any ASCII case. Shorter pieces than gram_bytes take out nothing; nor does one with a
  // line feed. Blocks without a filter stay. REQUIRES: `piece` was folded by fold_ascii(). Errors:
  // corruption, io. `candidates` may have lost some blocks by then, all of them rightly; the others
  // are to be read.
  result<> keep_blocks_that_may_hold(std::string_view piece, block_set& candidates);

  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t reads() const { return reads_; }

 private:
  using page = std::array<std::uint64_t, 63>;
  result<> narrow(const filter_group& group, const std::vector<std::uint64_t>& hashes,
                  block_set& candidates);
  result<> read_row(const filter_group& group, std::uint64_t row, block_set& out);
  result<> load_pages(std::uint64_t first, std::uint64_t last);

  const store_segment* segment_;
  std::unique_ptr<filter_layout> layout_;
  std::unordered_map<std::uint64_t, page> pages_;
  std::vector<std::uint64_t> row_;
  std::string buffer_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace oklog
