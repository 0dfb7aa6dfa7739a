#include "oklog/segment/store_segment.h"

#include <algorithm>
#include <utility>

#include "oklog/segment/file_header.h"
#include "segment/filter_check.h"
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

// A block against what the footer and its filter (where `filters` is given) say of it; adds its
// records to `digest`.
result<> check_block(const store_segment& s, const store_block& b, const filter_check* filters,
                     set_digest& digest) {
  const block_ref ref = ref_of(s, b);
  TRY_LET(const batch records, load_block(ref));
  const block_header& h = b.header;
  if (records.records() != h.records || records.bytes() != h.raw_bytes || records.min() != h.min ||
      records.max() != h.max) {
    return fail(errc::corruption, "another block than the footer says");
  }
  if (records.topics().size() != 1 || records.topics()[0] != ref.topic) {
    return fail(errc::corruption, "another topic than the footer says");
  }
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
  if (!ascending) return fail(errc::corruption, "records out of order");
  const auto number = static_cast<std::size_t>(&b - s.footer.blocks.data());
  if (filters != nullptr && !filters->has_all_grams(number, records.text())) {
    return fail(errc::corruption, "its filter lacks some of its text");
  }
  return {};
}

result<hash128> hash_file(env::file& file, std::uint64_t size) {
  constexpr std::uint64_t piece = 1024 * 1024;
  hash128_stream h;
  for (std::uint64_t at = 0; at < size;) {
    TRY_LET(const std::string bytes, read_exactly(file, at, std::min(piece, size - at)));
    h.update(bytes);
    at += bytes.size();
  }
  return h.digest();
}

}  // namespace

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

result<std::vector<std::string>> find_damage(const store_segment& segment) {
  std::vector<std::string> damage;
  const auto note = [&](error e) -> result<> {
    if (e.code == errc::io) return e;
    damage.push_back(std::move(e.what));
    return {};
  };
  const store_footer& f = segment.footer;
  auto hash = hash_file(*segment.file->file, blocks_end(f) + f.filters.frame_bytes);
  if (!hash) {
    TRY(note(hash.error()));
  }
  if (hash && *hash != f.file_hash) damage.push_back("the whole file's hash differs");
  filter_check filters(segment);
  const std::size_t damaged = damage.size();
  TRY(filters.load(damage));
  const bool sound_filters = damage.size() == damaged;
  set_digest digest;
  for (const store_block& b : f.blocks) {
    auto good = check_block(segment, b, sound_filters ? &filters : nullptr, digest);
    if (!good) {
      TRY(note(with_context("block at " + std::to_string(b.offset), good.error())));
    }
  }
  if (damage.empty() && digest != f.digest) damage.push_back("the digest of its records differs");
  return damage;
}

result<> verify_store_segment(const store_segment& segment) {
  TRY_LET(const std::vector<std::string> damage, find_damage(segment));
  if (damage.empty()) return {};
  return fail(errc::corruption, segment.file->path + ": " + damage.front());
}

}  // namespace oklog
