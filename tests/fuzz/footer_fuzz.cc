// The end of a store segment, behind a sound file header and whatever the input puts in front; also
// with the footer's hash and size made right. No input may crash, and what is believed lies within
// the file. The same bytes are scanned as an ingest segment.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oklog/base/ascii.h"
#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/filter_reader.h"
#include "oklog/segment/ingest_segment.h"
#include "oklog/segment/store_segment.h"
#include "oklog/sim/disk.h"

namespace {

using namespace oklog;

void must(bool holds) {
  if (!holds) std::abort();
}

void check_refs(const std::vector<block_ref>& refs, std::uint64_t file_bytes) {
  for (const block_ref& r : refs) {
    must(r.offset + r.header_frame_bytes + r.text_frame_bytes <= file_bytes);
    must(r.min <= r.max);
    (void)load_block(r);
  }
}

// Whatever the filters hold, asking them stays inside the file, and an answer has no block more.
void ask_filters(const store_segment& s, const std::string& piece) {
  filter_reader reader(s);
  block_set candidates = block_set::all(s.footer.blocks.size());
  (void)reader.keep_blocks_that_may_hold(fold_ascii(piece), candidates);
  must(candidates.count() <= s.footer.blocks.size());
  if (!reader.has_filters()) must(candidates.count() == s.footer.blocks.size());
}

void open_store(const std::string& bytes) {
  sim::disk disk;
  disk.plant_file("/d/x", bytes);
  const auto s = open_store_segment(disk, "/d", "x");
  if (!s) return;
  check_refs(s->blocks(ulid_min, ulid_max), bytes.size());
  ask_filters(*s, "first line");
  ask_filters(*s, bytes.substr(bytes.size() - bytes.size() % 64));
  (void)find_damage(*s);
}

void scan_ingest(const std::string& bytes) {
  sim::disk disk;
  disk.plant_file("/d/x", bytes);
  const auto c = scan_ingest_segment(disk, "/d/x", true);
  if (!c) return;
  must(c->good_bytes + c->tail_bytes <= bytes.size());
  check_refs(c->blocks, bytes.size());
}

// The footer begins where the input's first two bytes say; its frame, hash and end are made to fit.
std::string with_right_footer(std::string_view input) {
  constexpr std::size_t head_bytes = 16;
  std::string file = file_header(segment_kind::store);
  if (input.size() < 2) return file;
  const std::size_t split = get_int<std::uint16_t>(input.data());
  input.remove_prefix(2);
  file.append(input.substr(0, split));
  const std::size_t at = file.size();
  const std::string_view sections = input.substr(std::min(split, input.size()));
  put_int(file, std::uint32_t{0x184D2A51});
  put_int(file, static_cast<std::uint32_t>(head_bytes - 8 + sections.size() + 20));
  file.append("OKSF");
  put_int(file, std::uint32_t{1});  // version 1, reserved 0
  file.append(sections);
  put_int(file, xxh3_64(std::string_view(file).substr(at), at));
  put_int(file, static_cast<std::uint32_t>(head_bytes + sections.size() + 20));
  file.append("OKLOGEND");
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  open_store(file_header(segment_kind::store) + input);
  open_store(with_right_footer(input));
  open_store(input);
  scan_ingest(file_header(segment_kind::ingest) + input);
  scan_ingest(input);
  return 0;
}
