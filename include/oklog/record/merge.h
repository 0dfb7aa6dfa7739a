// Merging batches: sorts the records of many batches by (topic, ULID, text) and drops equal ones
// (rule K1), without copying their text. The consumer and compaction write what comes out.
//
// Memory: 32 bytes a record, and while sorting up to half as much again. Fast where each batch is
// nearly in order, as what was received together always is: runs that are in order are found and
// merged, so the cost is about n log(runs), less where runs overlap little.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oklog/record/batch.h"

namespace oklog {

// Where one record of the merge lies.
struct merge_ref {
  ulid id;
  std::uint32_t offset;         // of its text in its batch's
  std::uint32_t size_and_flag;  // bytes << 1 | continuation; texts are under 2 GiB
  std::uint32_t batch;          // index into the batches that were merged
  std::uint32_t topic;          // index into merged::topics

  std::uint32_t size() const { return size_and_flag >> 1; }
  bool continuation() const { return (size_and_flag & 1) != 0; }
};
static_assert(sizeof(merge_ref) == 32);

struct merged {
  std::vector<merge_ref> refs;      // ascending by (topic, ULID, text), no two equal
  std::vector<std::string> topics;  // sorted
  std::uint64_t records_in = 0;     // = refs.size() + equal_dropped
  std::uint64_t equal_dropped = 0;  // equal id, topic and text
  std::uint64_t conflicts = 0;      // kept beside another of the same id and topic, other text
};

// The batches are borrowed: they must live as long as the refs are used.
// REQUIRES: each batch under 2 GiB of text.
merged merge(const std::vector<const batch*>& batches);

inline record_view view(const merged& m, const merge_ref& r,
                        const std::vector<const batch*>& batches) {
  record_view v;
  v.id = r.id;
  v.topic = m.topics[r.topic];
  v.text = std::string_view(batches[r.batch]->text()).substr(r.offset, r.size());
  v.continuation = r.continuation();
  return v;
}

}  // namespace oklog
