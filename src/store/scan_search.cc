#include "store/scan_search.h"

#include "store/scan_ids.h"
#include "store/scan_timer.h"

namespace oklog {
namespace {

// A slow regex looks up at least so often whether anybody still waits for it.
constexpr std::size_t slice_bytes = 32 * 1024;

error stopped() {
  return fail(errc::cancelled, "nobody wants the rest");
}

result<> check_ids(const block_ref& ref, const ulid& min, const ulid& max) {
  if (ref.min <= min && max <= ref.max) return {};
  return fail(errc::corruption, "it holds other ids than the index says");
}

block_columns columns_of(const batch& records) {
  return {records.topics(), records.runs(), records.lengths(), records.continuations()};
}

}  // namespace

result<scan_found> block_searcher::search(const scan_block& block) {
  if (task_.stop) return stopped();
  ++stats_.blocks_read;
  lines_.clear();
  hits_.clear();
  if (block.ref.memory) return search_memory(block);
  const bool ids_only = task_.counting && q_.match->everything() && block.alone_in_topic;
  return ids_only ? count_columns(block) : search_file(block);
}

result<scan_found> block_searcher::search_memory(const scan_block& block) {
  const batch& records = *block.ref.memory;
  TRY(check_ids(block.ref, records.min(), records.max()));
  if (!q_.match->everything()) {
    TRY(records.lengths().empty() ? find_lines(records.text()) : find_records(records));
    if (lines_.empty() && hits_.empty()) return scan_found{};
  }
  const scan_timer timed(task_.clock, stats_.merge_time);
  add_numbers(records.text(), lines_, hits_);
  return collect(block, records.text(), columns_of(records));
}

result<scan_found> block_searcher::search_file(const scan_block& block) {
  TRY(read_text(block.ref));
  if (!q_.match->everything()) {
    const bool number = task_.only_number_matters(block, wanted_);
    if (number && !q_.regex && records_are_lines(bytes_)) {
      const scan_timer timed(task_.clock, stats_.search_time);
      stats_.text_bytes += text_.size();
      return count_number(block, q_.match->count_in_lines(text_));
    }
    TRY(find_in_file());
    if (number) return count_number(block, lines_.size() + hits_.size());
    if (lines_.empty() && hits_.empty()) return scan_found{};
  }
  const scan_timer timed(task_.clock, stats_.merge_time);
  add_numbers(text_, lines_, hits_);
  TRY_LET(const block_columns columns, decode_columns(bytes_));
  return collect(block, text_, columns);
}

// All records of a block, from its header frame alone where no text need be compared.
result<scan_found> block_searcher::count_columns(const scan_block& block) {
  {
    const scan_timer timed(task_.clock, stats_.read_time);
    TRY_LET(bytes_, read_header_frame(block.ref, buffer_));
    stats_.bytes_read += bytes_.size();
  }
  const scan_timer timed(task_.clock, stats_.merge_time);
  TRY_LET(const block_columns columns, decode_columns(bytes_));
  if (!strictly_ascending(columns) && !block.ref.sorted) return search_file(block);
  text_.clear();
  return collect(block, text_, columns);
}

result<> block_searcher::read_text(const block_ref& ref) {
  {
    const scan_timer timed(task_.clock, stats_.read_time);
    TRY_LET(bytes_, read_block(ref, buffer_));
    stats_.bytes_read += bytes_.size();
  }
  const scan_timer timed(task_.clock, stats_.decode_time);
  TRY_LET(const block_header h, decode_text(bytes_, text_));
  return check_ids(ref, h.min, h.max);
}

result<> block_searcher::find_in_file() {
  if (records_are_lines(bytes_)) return find_lines(text_);
  TRY_LET(const batch records, decode_block(bytes_));
  return find_records(records);
}

// Of a text whose records are lines.
result<> block_searcher::find_lines(std::string_view text) {
  const scan_timer timed(task_.clock, stats_.search_time);
  stats_.text_bytes += text.size();
  std::size_t begin = 0;
  while (begin < text.size()) {
    if (task_.stop) return stopped();
    std::size_t end = text.size();
    if (q_.regex && end - begin > slice_bytes) end = text.find('\n', begin + slice_bytes) + 1;
    const std::size_t before = lines_.size();
    q_.match->find_in_lines(text.substr(begin, end - begin), lines_);
    for (std::size_t i = before; i < lines_.size(); ++i) {
      lines_[i].begin += static_cast<std::uint32_t>(begin);
    }
    begin = end;
  }
  return {};
}

// Of records some of which hold line feeds.
result<> block_searcher::find_records(const batch& records) {
  const scan_timer timed(task_.clock, stats_.search_time);
  stats_.text_bytes += records.bytes();
  q_.match->find(records, hits_);
  return {};
}

}  // namespace oklog
