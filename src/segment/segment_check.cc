#include "oklog/segment/segment_check.h"

#include <algorithm>

#include "segment/filter_check.h"
#include "segment/footer.h"

namespace oklog {
namespace {

constexpr std::uint64_t step_bytes = 1024 * 1024;  // of one read

result<> check_order(const batch& records, set_digest& digest) {
  record_view before;
  bool first = true;
  bool ascending = true;
  records.for_each([&](const record_view& r) {
    const bool after = first || before.id < r.id || (before.id == r.id && before.text < r.text);
    ascending = ascending && after;
    first = false;
    before = r;
    digest.add(r);
  });
  if (ascending) return {};
  return fail(errc::corruption, "records out of order");
}

}  // namespace

segment_check::segment_check(const store_segment& segment) : segment_(&segment) {}
segment_check::~segment_check() = default;
segment_check::segment_check(segment_check&&) noexcept = default;

result<> segment_check::note(error e) {
  if (e.code == errc::io) return e;
  damage_.push_back(std::move(e.what));
  return {};
}

result<> segment_check::begin() {
  begun_ = true;
  filters_ = std::make_unique<filter_check>(*segment_);
  TRY(filters_->load(damage_));
  if (!damage_.empty()) filters_.reset();
  return {};
}

result<> segment_check::step(std::uint64_t bytes) {
  if (!begun_) {
    TRY(begin());
  }
  const std::uint64_t enough = at_ + bytes;
  const auto& blocks = segment_->footer.blocks;
  do {
    if (next_ == blocks.size()) return finish();
    const store_block& b = blocks[next_];
    TRY(hash_up_to(b.offset + b.header.bytes()));
    const auto good = check_block(next_++);
    if (!good) {
      TRY(note(with_context("block at " + std::to_string(b.offset), good.error())));
    }
  } while (at_ < enough);
  return {};
}

result<> segment_check::hash_up_to(std::uint64_t end) {
  std::string bytes;
  while (at_ < end) {
    bytes.resize(std::min(step_bytes, end - at_));
    auto got = segment_->file->file->read_at(at_, bytes.data(), bytes.size());
    if (!got) return got.error();
    if (*got != bytes.size() && hashed_) {
      hashed_ = false;
      damage_.emplace_back("cut short");
    }
    hash_.update(bytes);
    at_ += bytes.size();
  }
  return {};
}

// A block against what the footer and its filter say of it; adds its records to the digest.
result<> segment_check::check_block(std::size_t number) {
  const block_header& h = segment_->footer.blocks[number].header;
  const block_ref ref = segment_->block(number);
  TRY_LET(const batch records, load_block(ref));
  if (records.records() != h.records || records.bytes() != h.raw_bytes || records.min() != h.min ||
      records.max() != h.max) {
    return fail(errc::corruption, "another block than the footer says");
  }
  if (records.topics().size() != 1 || records.topics()[0] != ref.topic) {
    return fail(errc::corruption, "another topic than the footer says");
  }
  TRY(check_order(records, digest_));
  if (filters_ && !filters_->has_all_grams(number, records.text())) {
    return fail(errc::corruption, "its filter lacks some of its text");
  }
  return {};
}

// The footer in memory was sound when the file was opened; the next start reads that of the disk.
result<> segment_check::check_footer() {
  const auto again = load_footer(*segment_->file->file, segment_->file_bytes);
  if (!again) return note(with_context("footer", again.error()));
  const store_footer& f = segment_->footer;
  if (again->file_hash != f.file_hash || again->digest != f.digest) {
    damage_.emplace_back("another footer than when it was opened");
  }
  return {};
}

result<> segment_check::finish() {
  const store_footer& f = segment_->footer;
  TRY(hash_up_to(blocks_end(f) + f.filters.frame_bytes));
  if (hashed_ && hash_.digest() != f.file_hash) {
    damage_.emplace_back("the whole file's hash differs");
  }
  TRY(check_footer());
  if (damage_.empty() && digest_ != f.digest) {
    damage_.emplace_back("the digest of its records differs");
  }
  done_ = true;
  return {};
}

result<std::vector<std::string>> find_damage(const store_segment& segment) {
  segment_check check(segment);
  while (!check.done()) {
    TRY(check.step(step_bytes));
  }
  return check.damage();
}

result<> verify_store_segment(const store_segment& segment) {
  TRY_LET(const std::vector<std::string> damage, find_damage(segment));
  if (damage.empty()) return {};
  return fail(errc::corruption, segment.file->path + ": " + damage.front());
}

}  // namespace oklog
