#include "segment/footer_check.h"

#include <algorithm>

#include "oklog/record/topic.h"
#include "oklog/segment/file_header.h"
#include "segment/filter_layout.h"
#include "segment/gram_hash.h"

namespace oklog {
namespace {

result<> check_topics(const std::vector<std::string>& topics) {
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (!valid_topic(topics[i])) return corrupt_footer("a topic name has other bytes than allowed");
    if (i > 0 && topics[i] <= topics[i - 1]) return corrupt_footer("topics out of order");
  }
  return {};
}

result<> check_block(const store_block& b, const store_footer& f, std::uint64_t expected_offset) {
  const block_header& h = b.header;
  if (b.offset != expected_offset) return corrupt_footer("blocks with a gap or overlap");
  if (b.topic >= f.topics.size()) return corrupt_footer("a block of no topic");
  if (h.header_frame_bytes < block_probe_bytes || h.text_frame_bytes == 0 || h.records == 0 ||
      h.records > h.raw_bytes) {
    return corrupt_footer("a block's counts are out of range");
  }
  if (h.max < h.min || window_of(h.min) != f.partition.window ||
      window_of(h.max) != f.partition.window) {
    return corrupt_footer("a block's ids lie outside the window");
  }
  return {};
}

result<> check_filters(const store_footer& f) {
  if (!f.filters.readable()) return {};
  for (const store_block& b : f.blocks) {
    const bool in_range = filter_log2_min <= b.filter_log2 && b.filter_log2 <= filter_log2_max;
    if (b.filter_log2 != 0 && !in_range) return corrupt_footer("a filter's size is out of range");
  }
  if (filter_layout(f).frame_bytes() != f.filters.frame_bytes) {
    return corrupt_footer("its filters do not fill their frame");
  }
  return {};
}

}  // namespace

error corrupt_footer(const char* what) {
  return fail(errc::corruption, std::string("footer: ") + what);
}

result<> check_footer(const store_footer& f, std::uint64_t offset) {
  TRY(check_topics(f.topics));
  if (f.blocks.empty()) return corrupt_footer("no blocks");
  std::uint64_t at = file_header_bytes;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
  ulid min = ulid_max;
  ulid max = ulid_min;
  for (std::size_t i = 0; i < f.blocks.size(); ++i) {
    const store_block& b = f.blocks[i];
    TRY(check_block(b, f, at));
    if (i > 0) {
      const store_block& before = f.blocks[i - 1];
      if (!in_order(before.topic, before.header.max, b.topic, b.header.min)) {
        return corrupt_footer("blocks out of order");
      }
    }
    at += b.header.bytes();
    records += b.header.records;
    raw_bytes += b.header.raw_bytes;
    min = std::min(min, b.header.min);
    max = std::max(max, b.header.max);
  }
  if (f.filters.frame_bytes > offset || at != offset - f.filters.frame_bytes) {
    return corrupt_footer("its blocks and filters do not fill the file");
  }
  TRY(check_filters(f));
  if (records != f.digest.count || raw_bytes != f.raw_bytes) return corrupt_footer("totals differ");
  if (min != f.min || max != f.max) return corrupt_footer("its range differs from its blocks'");
  return {};
}

}  // namespace oklog
