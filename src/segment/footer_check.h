// Whether what a footer says agrees with itself. Asked of what was read, and of what is to be
// written.
#pragma once

#include <cstdint>

#include "oklog/segment/store_segment.h"

namespace oklog {

// Error: corruption, "footer: what".
error corrupt_footer(const char* what);

// `offset` is where the footer lies. Error: corruption.
result<> check_footer(const store_footer& f, std::uint64_t offset);

// Whether a block (topic index, lowest id) may follow another (topic index, highest id).
inline bool in_order(std::uint32_t topic_before, const ulid& max_before, std::uint32_t topic,
                     const ulid& min) {
  // Equal ids with other text may lie on both sides of a cut.
  return topic_before < topic || (topic_before == topic && max_before <= min);
}

}  // namespace oklog
