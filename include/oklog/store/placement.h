// Which stores hold a partition (rule K7): rendezvous hashing of partition and store id, and of
// nothing else, ranks them, so that everybody who knows the same stores computes the same ranks
// without talking. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "oklog/segment/store_segment.h"

namespace oklog {

// XXH3-64(seed = 0x6f6b6c6f67, window as 8 LE bytes, shard as 4 LE bytes, store id). A constant of
// the protocol.
std::uint64_t rendezvous_weight(const partition& where, const std::string& store_id);

// Highest weight first; equal weights (never seen) in the order of the ids. Drops doubles.
std::vector<std::string> rank_stores(const partition& where, std::vector<std::string> store_ids);

// The write set: the first `factor` by rank of those that are alive, admitted and accept. Fewer
// where there are fewer: then nothing is consumed.
std::vector<std::string> write_set(const partition& where, std::vector<std::string> accepting,
                                   unsigned factor);

// Whether a set of stores has this one.
inline bool names(const std::vector<std::string>& stores, const std::string& id) {
  return std::find(stores.begin(), stores.end(), id) != stores.end();
}

// What a consumer knows of the stores when it begins a merge.
struct store_placement {
  std::vector<std::string> accepting;
  unsigned factor = 1;
};

}  // namespace oklog
