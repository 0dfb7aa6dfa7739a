// Partitions, as one node names them to another that is to read them: some bytes each, since a
// query over years has tens of thousands.
//
//   489123.0.1-1.0-3.2      window 489123: shards 0 and 1; 489124: 0; 489127: 2
//
// Groups ascend by window; each says how far its window lies behind the one before (the first one:
// hours since 1970), then its shards, ascending.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oklog/segment/store_segment.h"

namespace oklog::api {

inline constexpr std::size_t partitions_max = 100'000;  // of one list

// REQUIRES: ascending, each once.
std::string format_partitions(const std::vector<partition>& list);
// Error: invalid: nothing of it, not ascending, or more than partitions_max.
result<std::vector<partition>> parse_partitions(std::string_view text);

}  // namespace oklog::api
