#include "store/scan_search.h"

namespace oklog {
namespace {

// No id occurs twice, and they go up.
bool strictly_ascending(const batch& records) {
  ulid last = ulid_min;
  bool first = true;
  for (const id_run& run : records.runs()) {
    const ulid begin = ulid::make(run.ms, run.stream, run.seq);
    if (!first && !(last < begin)) return false;
    last = ulid::make(run.ms, run.stream, run.seq + run.count - 1);
    first = false;
  }
  return true;
}

// REQUIRES: strictly_ascending(records). `hits` is null for all records.
std::uint64_t count_wanted(const query& q, const scan_run::range& wanted, const batch& records,
                           const std::vector<text_hit>* hits) {
  const bool whole = wanted.holds(records.min()) && wanted.holds(records.max());
  std::uint64_t count = 0;
  std::uint32_t first = 0;
  std::size_t hit = 0;
  for (const id_run& run : records.runs()) {
    const bool topic = q.wants_topic(records.topics()[run.topic]);
    const auto inside = [&](std::uint32_t n) {
      return topic && (whole || wanted.holds(ulid::make(run.ms, run.stream, run.seq + n)));
    };
    if (hits) {
      for (; hit < hits->size() && (*hits)[hit].record < first + run.count; ++hit) {
        if (inside((*hits)[hit].record - first)) ++count;
      }
    } else if (whole) {
      if (topic) count += run.count;
    } else {
      for (std::uint32_t n = 0; n < run.count; ++n) count += inside(n) ? 1 : 0;
    }
    first += run.count;
  }
  return count;
}

result<> check_ids(const block_ref& ref, const batch& records) {
  if (!records.empty() && ref.min <= records.min() && records.max() <= ref.max) return {};
  return fail(errc::corruption, "it holds other ids than the index says");
}

}  // namespace

result<std::shared_ptr<const batch>> block_searcher::read_all(const block_ref& ref) {
  if (ref.memory) return ref.memory;
  TRY_LET(const std::string_view bytes, read_block(ref, bytes_));
  bytes_read_ = bytes.size();
  TRY_LET(batch records, decode_block(bytes));
  return std::make_shared<const batch>(std::move(records));
}

// The matches go to hits_; null where there is none and the columns were not looked at.
result<std::shared_ptr<const batch>> block_searcher::read_hits(const block_ref& ref) {
  hits_.clear();
  if (ref.memory) {
    q_.match->find(*ref.memory, hits_);
    return ref.memory;
  }
  TRY_LET(const std::string_view bytes, read_block(ref, bytes_));
  bytes_read_ = bytes.size();
  TRY(decode_text(bytes, text_));
  const bool lines = q_.match->find_lines(text_, ref.records, hits_);
  if (lines && hits_.empty()) return std::shared_ptr<const batch>();
  TRY_LET(batch records, decode_columns(bytes, std::move(text_)));
  text_.clear();
  if (!lines) q_.match->find(records, hits_);
  return std::make_shared<const batch>(std::move(records));
}

void block_searcher::collect(const scan_block& block, std::shared_ptr<const batch> records,
                             scan_found& found) {
  const bool all = q_.match->everything();
  if (q_.count_only && block.sole && strictly_ascending(*records)) {
    found.counted = true;
    found.count = count_wanted(q_, wanted_, *records, all ? nullptr : &hits_);
  } else if (all) {
    found.run = scan_run::of_all(q_, wanted_, std::move(records));
  } else {
    found.run = scan_run::of_hits(q_, wanted_, *records, hits_);
  }
}

result<scan_found> block_searcher::search(const scan_block& block) {
  bytes_read_ = 0;
  const bool all = q_.match->everything();
  TRY_LET(std::shared_ptr<const batch> records, all ? read_all(block.ref) : read_hits(block.ref));
  scan_found found;
  found.bytes_read = bytes_read_;
  if (!records) return found;
  TRY(check_ids(block.ref, *records));
  collect(block, std::move(records), found);
  return found;
}

}  // namespace oklog
