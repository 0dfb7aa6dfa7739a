// ingest_log: what queries see of it.

#include <algorithm>

#include "ingest/queue_entry.h"

namespace oklog::ingest {
namespace {

void add_meeting(std::vector<block_ref>& out, const std::vector<block_ref>& refs, const ulid& min,
                 const ulid& max) {
  for (const block_ref& ref : refs) {
    if (ref.min <= max && min <= ref.max) out.push_back(ref);
  }
}

void add_memory(std::vector<block_ref>& out, const batch_ptr& b, const ulid& min, const ulid& max) {
  if (!b || max < b->min() || b->max() < min) return;
  block_ref ref;
  ref.min = b->min();
  ref.max = b->max();
  ref.records = b->records();
  ref.raw_bytes = static_cast<std::uint32_t>(b->bytes());
  if (b->topics().size() == 1) ref.topic = b->topics().front();
  ref.memory = b;
  out.push_back(std::move(ref));
}

}  // namespace

std::vector<block_ref> ingest_log::snapshot(const ulid& min, const ulid& max) const {
  std::vector<block_ref> out;
  for (const auto& [order, s] : queue_) {
    if (s->min <= max && min <= s->max) add_meeting(out, *s->content.blocks, min, max);
  }
  for (const auto& bad : poisoned_) add_meeting(out, bad->refs, min, max);
  for (const auto* a : {retiring_.get(), flushing_.get(), active_.get()}) {
    if (a != nullptr) add_meeting(out, a->refs, min, max);
  }
  for (const auto& [serial, b] : rescued_) add_memory(out, b, min, max);
  for (const sealed_batch& b : inbox_.sealed()) add_memory(out, b.records, min, max);
  add_memory(out, inbox_.copy_open(), min, max);
  return out;
}

ingest_log::queue_state ingest_log::queue() const {
  queue_state q;
  for (const auto& [order, s] : queue_) {
    ++q.segments;
    q.bytes += s->content.bytes;
    q.pending += s->is == segment::state::pending ? 1 : 0;
    q.oldest = std::min(q.oldest, s->min);
  }
  const auto look_at = [&q](const active_segment* a) {
    if (a == nullptr) return;
    for (const block_ref& ref : a->refs) q.oldest = std::min(q.oldest, ref.min);
  };
  for (const auto& bad : poisoned_) look_at(bad.get());
  for (const auto& [serial, b] : rescued_) q.oldest = std::min(q.oldest, b->min());
  for (const sealed_batch& b : inbox_.sealed()) q.oldest = std::min(q.oldest, b.records->min());
  for (const auto* a : {retiring_.get(), flushing_.get(), active_.get()}) look_at(a);
  return q;
}

}  // namespace oklog::ingest
