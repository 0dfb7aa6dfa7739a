// Whether segments hold records that others held, or hold: then those can go. Blocking: reads what
// lies in the range in question.
#pragma once

#include <string>
#include <vector>

#include "oklog/store/compact.h"

namespace oklog {

// Whether they hold every record of another segment of their partition, of which some blocks may be
// damaged.
//
// A block that can be read is compared record by record. Of a damaged one the ids may be readable
// while the text is not, or the text while the ids are not; else its topic and range are known from
// the footer. What the others hold there is what it held if, all blocks together, count and sum are
// those of its footer (rule K2), where need be without some streams that lie between: so nothing is
// taken on trust, and what cannot be shown counts as not held.
//
// Error: io or corruption where the others cannot be read.
result<bool> hold_all_of(const std::vector<segment_ptr>& others, const store_segment& of);

// Records of one topic, by their hashes (rule K2), with ids from `min` to `max`.
struct some_records {
  std::string topic;
  ulid min;
  ulid max;
  std::vector<hash128> hashes;
};
// Of a store's block, at most `most` in each. Errors: io, corruption.
result<std::vector<some_records>> records_of(const block_ref& block, std::size_t most);
// Whether every one of them is in these segments of one partition. Errors: io, corruption.
result<bool> hold(const std::vector<segment_ptr>& segments, const some_records& records);

}  // namespace oklog
