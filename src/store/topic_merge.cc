#include "store/topic_merge.h"

#include <algorithm>

namespace oklog {

namespace {

// A block of at least this much text is not worth encoding again.
constexpr std::size_t full_block_bytes = block_bytes_target * 3 / 4;

// Ids by order, then text (K1).
bool before(const record_view& a, const record_view& b) {
  return a.id != b.id ? a.id < b.id : a.text < b.text;
}
bool behind(const record_cursor& a, const record_cursor& b) {
  return before(b.get(), a.get());
}

}  // namespace

result<> topic_merge::run() {
  while (next_ < blocks_.size() || !active_.empty()) {
    if (active_.empty()) {
      const topic_block& at = blocks_[next_];
      if (can_copy(at)) {
        TRY(copy(at));
        ++next_;
        continue;
      }
      TRY(activate(at));
      ++next_;
    }
    while (next_ < blocks_.size() && blocks_[next_].block->header.min <= active_.front().get().id) {
      TRY(activate(blocks_[next_]));
      ++next_;
    }
    TRY(drain());
  }
  TRY(target_->main->flush_block());
  return target_->tail->flush_block();
}

result<topic_merge::loaded> topic_merge::load(const topic_block& at) {
  const block_header& header = at.block->header;
  block_ref ref;
  ref.min = header.min;
  ref.max = header.max;
  ref.records = header.records;
  ref.raw_bytes = header.raw_bytes;
  ref.topic = topic_;
  ref.file = at.segment->file;
  ref.offset = at.block->offset;
  ref.header_frame_bytes = header.header_frame_bytes;
  ref.text_frame_bytes = header.text_frame_bytes;
  const auto checked = [&]() -> result<loaded> {
    loaded l;
    TRY_LET(const std::string_view bytes, read_block(ref, l.encoded.bytes));
    // It was checked whole when it came in, and the digests of what is written are compared.
    TRY_LET(l.records, decode_block(bytes, text_check::frame));
    const bool as_indexed = l.records.records() == header.records &&
                            l.records.topics().size() == 1 && l.records.topics()[0] == topic_ &&
                            l.records.min() == header.min && l.records.max() == header.max &&
                            window_of(header.min) == target_->where.window &&
                            window_of(header.max) == target_->where.window;
    if (!as_indexed) return fail(errc::corruption, "the block is not what the footer says");
    l.encoded.header = header;
    return l;
  };
  auto l = checked();
  if (l) return l;
  counts_->damaged = at.segment;
  const std::string where = at.segment->name + ": block at " + std::to_string(at.block->offset);
  return with_context(where, l.error());
}

// Full, alone in its range, on one side of the seam, and not in the way of a block being filled.
bool topic_merge::can_copy(const topic_block& at) const {
  const block_header& header = at.block->header;
  const bool full = header.raw_bytes >= full_block_bytes;
  const bool alone =
      next_ + 1 == blocks_.size() || header.max < blocks_[next_ + 1].block->header.min;
  const bool one_side = header.max < target_->seam || target_->seam <= header.min;
  const bool after = !any_ || last_ < header.min;
  if (!full || !alone || !one_side || !after) return false;
  const std::size_t pending = writer(header.min).pending_bytes();
  return pending == 0 || pending >= full_block_bytes;
}

result<> topic_merge::copy(const topic_block& at) {
  TRY_LET(loaded l, load(at));
  set_digest digest;
  l.records.for_each([&](const record_view& r) { digest.add(r); });
  any_ = true;
  last_ = l.records.max();
  last_text_.clear();  // nothing that follows has this id
  ++counts_->copied_blocks;
  block_filter filter = build_filter(l.records.text(), l.encoded.bytes.size());
  return writer(last_).add_block(std::move(l.encoded), topic_, digest, std::move(filter),
                                 target_->where);
}

result<> topic_merge::activate(const topic_block& at) {
  TRY_LET(loaded l, load(at));
  active_.emplace_back(std::move(l.records));
  std::push_heap(active_.begin(), active_.end(), behind);
  return {};
}

result<> topic_merge::drain() {
  const bool bounded = next_ < blocks_.size();
  const ulid bound = bounded ? blocks_[next_].block->header.min : ulid_max;
  while (!active_.empty()) {
    std::pop_heap(active_.begin(), active_.end(), behind);
    record_cursor& lowest = active_.back();
    const bool alone = active_.size() == 1;
    bool more = true;
    do {
      if (bounded && lowest.get().id >= bound) break;
      TRY(emit(lowest.get()));
      more = lowest.next();
    } while (more && (alone || before(lowest.get(), active_.front().get())));
    if (!more) {
      active_.pop_back();
      continue;
    }
    std::push_heap(active_.begin(), active_.end(), behind);
    if (bounded && active_.front().get().id >= bound) break;
  }
  return {};
}

result<> topic_merge::emit(const record_view& r) {
  if (any_ && r.id <= last_) {
    if (r.id < last_ || r.text < last_text_) {
      return fail(errc::corruption, "topic " + topic_ + ": a block's records are out of order");
    }
    if (r.text == last_text_) {
      counts_->dropped.add(r);
      return {};
    }
    ++counts_->conflicts;
  }
  any_ = true;
  last_ = r.id;
  last_text_.assign(r.text);
  return writer(r.id).add(r, target_->where);
}

}  // namespace oklog
