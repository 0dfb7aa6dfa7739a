// The blocks of a scan in its order, and which of them no other one meets.
#pragma once

#include <vector>

#include "oklog/segment/block_ref.h"
#include "store/scan_order.h"

namespace oklog {

struct scan_block {
  std::size_t number = 0;  // in the scan's list
  block_ref ref;
  ulid first;  // lowest and highest key
  ulid last;
  // No other block meets its range: its matches need no merge.
  bool alone = false;
  // None that may hold its topic does: no record of it lies elsewhere too, so its matches can be
  // counted where they lie.
  bool alone_in_topic = false;
};

// In order of their lowest key.
std::vector<scan_block> order_blocks(std::vector<block_ref> refs, const scan_order& order);

}  // namespace oklog
