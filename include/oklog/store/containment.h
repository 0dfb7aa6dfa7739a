// Whether segments hold every record of another one of their partition, of which some blocks may be
// damaged: then it can go. Blocking: reads all of it, and what lies beside it.
//
// A block that can be read is compared record by record. Of a damaged one the ids may be readable
// while the text is not; else its topic and range are known from the footer. What the others hold
// there is what it held if, all blocks together, count and sum are those of its footer (rule K2):
// so nothing is taken on trust, and what cannot be shown counts as not held.
#pragma once

#include <vector>

#include "oklog/store/compact.h"

namespace oklog {

// Error: io or corruption where the others cannot be read.
result<bool> hold_all_of(const std::vector<segment_ptr>& others, const store_segment& of);

}  // namespace oklog
