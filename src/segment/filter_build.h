// What building a filter and checking one share.
#pragma once

#include "oklog/segment/filter.h"

namespace oklog {

// The text's filter, of 2^log2_bits bits. REQUIRES: filter_log2_min to filter_log2_max.
block_filter filter_of_size(std::string_view text, unsigned log2_bits);

}  // namespace oklog
