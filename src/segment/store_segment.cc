#include "oklog/segment/store_segment.h"

#include <algorithm>
#include <utility>

#include "oklog/segment/file_header.h"
#include "segment/footer.h"

namespace oklog {
namespace {

// Exactly `size` bytes; corruption where the file has fewer.
result<std::string> read_exactly(env::file& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(size, '\0');
  TRY_LET(const std::size_t got, file.read_at(offset, bytes.data(), bytes.size()));
  if (got != size) return fail(errc::corruption, "cut short");
  return bytes;
}

result<> check_kind(env::file& file) {
  TRY_LET(const std::string head, read_exactly(file, 0, file_header_bytes));
  TRY_LET(const segment_kind kind, read_file_header(head));
  if (kind != segment_kind::store) return fail(errc::corruption, "no store segment");
  return {};
}

block_ref ref_of(const store_segment& s, const store_block& b) {
  block_ref r;
  r.min = b.header.min;
  r.max = b.header.max;
  r.records = b.header.records;
  r.raw_bytes = b.header.raw_bytes;
  r.topic = s.footer.topics[b.topic];
  r.sorted = true;
  r.file = s.file;
  r.offset = b.offset;
  r.header_frame_bytes = b.header.header_frame_bytes;
  r.text_frame_bytes = b.header.text_frame_bytes;
  return r;
}

}  // namespace

result<store_footer> load_footer(env::file& file, std::uint64_t file_bytes) {
  if (file_bytes < file_header_bytes + footer_end_bytes) {
    return fail(errc::corruption, "too short to hold a footer");
  }
  TRY(check_kind(file));
  TRY_LET(const std::string end,
          read_exactly(file, file_bytes - footer_end_bytes, footer_end_bytes));
  TRY_LET(const std::uint64_t size, footer_frame_size(end, file_bytes));
  TRY_LET(const std::string frame, read_exactly(file, file_bytes - size, size));
  return read_footer(frame, file_bytes - size);
}

block_ref store_segment::block(std::size_t i) const {
  return ref_of(*this, footer.blocks[i]);
}

std::vector<block_ref> store_segment::blocks(const ulid& min, const ulid& max) const {
  std::vector<block_ref> refs;
  for (const store_block& b : footer.blocks) {
    if (b.header.max < min || max < b.header.min) continue;
    refs.push_back(ref_of(*this, b));
  }
  return refs;
}

result<store_segment> open_store_segment(env::filesystem& fs, const std::string& dir,
                                         const std::string& name) {
  store_segment s;
  s.name = name;
  s.file = std::make_shared<data_file>();
  s.file->path = dir + "/" + name;
  auto opened = fs.open_read(s.file->path);
  if (!opened) return with_context(s.file->path, opened.error());
  s.file->file = std::move(*opened);
  TRY_LET(s.file_bytes, s.file->file->size());
  auto footer = load_footer(*s.file->file, s.file_bytes);
  if (!footer) return with_context(s.file->path, footer.error());
  s.footer = std::move(*footer);
  return s;
}

}  // namespace oklog
