// Which blocks of the store a query has to read: those in its time, of its topics, and whose
// n-gram filters do not say that nothing in them can match. Blocking: reads filters from disk.
#pragma once

#include <vector>

#include "oklog/query/needed.h"
#include "oklog/query/query.h"
#include "oklog/segment/block_ref.h"
#include "oklog/store/compact.h"

namespace oklog {

struct selection {
  std::vector<block_ref> blocks;
  // Of what was left out. A scan of the blocks counts the rest, so that both together are the
  // whole.
  query_stats stats;
  // Filters that could not be read; their blocks were selected. A filter that is damaged never
  // hides a line.
  std::vector<error> damaged_filters;
};

// Of text, in a segment's blocks that meet the query's time and topics. From the index alone.
std::uint64_t bytes_in_question(const query& q, const store_footer& footer);

selection select_blocks(const query& q, const needed& literals,
                        const std::vector<segment_ptr>& segments);

}  // namespace oklog
