// Walks the ids of a block's records, or of those that a search has hit.
#pragma once

#include <algorithm>
#include <vector>

#include "oklog/query/matcher.h"
#include "oklog/segment/block.h"

namespace oklog {

// fn(id_run, ulid, hit) for the records that `hits` names, which ascend.
template <class Fn>
void for_hits(const block_columns& columns, const std::vector<text_hit>& hits, Fn&& fn) {
  auto hit = hits.begin();
  std::uint32_t first = 0;
  for (const id_run& run : columns.runs) {
    for (; hit != hits.end() && hit->record < first + run.count; ++hit) {
      fn(run, ulid::make(run.ms, run.stream, run.seq + (hit->record - first)), *hit);
    }
    if (hit == hits.end()) return;
    first += run.count;
  }
}

// The same for every record; without places where the text is empty, since a block's never is.
template <class Fn>
void for_all(const block_columns& columns, std::string_view text, Fn&& fn) {
  text_hit at{0, 0, 0};
  for (const id_run& run : columns.runs) {
    for (std::uint32_t i = 0; i < run.count; ++i, ++at.record) {
      if (text.empty()) {
        fn(run, ulid::make(run.ms, run.stream, run.seq + i), at);
        continue;
      }
      const char* const from = text.data() + at.begin;
      at.size = columns.lengths.empty()
                    ? static_cast<std::uint32_t>(line_size(from, text.size() - at.begin))
                    : columns.lengths[at.record];
      fn(run, ulid::make(run.ms, run.stream, run.seq + i), at);
      at.begin += at.size + 1;
    }
  }
}

inline bool continues(const block_columns& columns, std::uint32_t record) {
  const auto& c = columns.continuations;
  return !c.empty() && std::binary_search(c.begin(), c.end(), record);
}

// No id occurs twice, and they go up.
inline bool strictly_ascending(const block_columns& columns) {
  ulid last;
  bool first = true;
  for (const id_run& run : columns.runs) {
    const ulid begin = ulid::make(run.ms, run.stream, run.seq);
    if (!first && !(last < begin)) return false;
    last = ulid::make(run.ms, run.stream, run.seq + run.count - 1);
    first = false;
  }
  return true;
}

}  // namespace oklog
