#include "oklog/segment/block.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "oklog/record/topic.h"
#include "segment/columns.h"
#include "segment/compress.h"
#include "segment/frames.h"
#include "segment/ulid_bytes.h"

namespace oklog {
namespace {

constexpr std::uint16_t block_version = 1;
constexpr std::uint32_t flag_ascii = 1;

// Offsets in the header frame.
constexpr std::size_t at_tag = 8;
constexpr std::size_t at_version = 12;
constexpr std::size_t at_synced = 16;
constexpr std::size_t at_placement = 24;
constexpr std::size_t at_hash = 32;
constexpr std::size_t at_records = 40;
constexpr std::size_t at_text_frame_bytes = 48;
constexpr std::size_t at_text_hash = 88;
constexpr std::size_t at_columns = 96;

bool all_ascii(std::string_view text) {
  std::uint64_t bits = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    bits |= eight;
  }
  for (; i < text.size(); ++i) bits |= static_cast<unsigned char>(text[i]);
  return (bits & 0x8080808080808080ULL) == 0;
}

std::uint64_t placement_check(const char* frame, std::uint64_t offset) {
  return xxh3_64(std::string_view(frame + at_synced, 8), offset);
}

// Covers everything behind itself and, as its seed, the tag and version in front: a flipped bit
// there is damage too, never "a newer version".
std::uint64_t header_hash(std::string_view frame) {
  return xxh3_64(frame.substr(at_records), get_int<std::uint64_t>(frame.data() + at_tag));
}

error corrupt(const char* what) {
  return fail(errc::corruption, std::string("block: ") + what);
}

// The frame's own claims against its bytes, in the order in which they can be trusted.
result<> check_frame(std::string_view frame) {
  if (frame.size() < at_columns || header_frame_size(frame.substr(0, block_probe_bytes)) == 0) {
    return corrupt("no header");
  }
  if (get_int<std::uint16_t>(frame.data() + at_version + 2) != 0) return corrupt("reserved bytes");
  if (header_frame_size(frame) != frame.size()) return corrupt("header cut short");
  if (header_hash(frame) != get_int<std::uint64_t>(frame.data() + at_hash)) {
    return corrupt("header hash differs");
  }
  // Every version keeps its hash where it is, so that "newer" is never said of a damaged block.
  const auto version = get_int<std::uint16_t>(frame.data() + at_version);
  if (version != block_version) {
    return fail(errc::invalid, "block: version " + std::to_string(version) +
                                   "; this oklog reads version 1: upgrade oklog");
  }
  return {};
}

result<> check_claims(const block_header& h, std::uint32_t flags) {
  if (h.raw_bytes > block_bytes_max) return corrupt("more text than a block may hold");
  if (h.records == 0 || h.records > h.raw_bytes) return corrupt("wrong number of records");
  if (h.text_frame_bytes == 0) return corrupt("no text");
  if (h.max < h.min) return corrupt("lowest id above the highest");
  if ((flags & ~flag_ascii) != 0) {
    return fail(errc::invalid,
                "block: flags that this version of oklog does not know: upgrade oklog");
  }
  return {};
}

// Header and text frame of a whole block, both hashes checked.
struct checked_block {
  block_header header;
  std::string_view columns;
  std::string_view text_frame;
};

result<checked_block> check_block(std::string_view bytes) {
  if (bytes.size() < block_probe_bytes) return corrupt("no header");
  const std::uint64_t head = header_frame_size(bytes.substr(0, block_probe_bytes));
  if (head == 0 || head > bytes.size()) return corrupt("no header");
  checked_block b;
  const std::string_view frame = bytes.substr(0, head);
  TRY_LET(b.header, read_block_header(frame, 0));
  if (b.header.bytes() != bytes.size()) return corrupt("another size than its header says");
  b.columns = frame.substr(at_columns);
  b.text_frame = bytes.substr(head);
  if (xxh3_64(b.text_frame) != b.header.text_hash) return corrupt("text hash differs");
  return b;
}

// What batch::from_parts checks, as far as it can be without the text.
result<> check_columns(const block_columns& c, const block_header& h) {
  for (const std::string& topic : c.topics) {
    if (!valid_topic(topic)) return corrupt("a topic's name is none");
  }
  std::uint64_t records = 0;
  ulid min = ulid_max;
  ulid max = ulid_min;
  for (const id_run& run : c.runs) {
    if (run.topic >= c.topics.size()) return corrupt("a run of no topic");
    if (run.count == 0 || run.seq > ulid::seq_max - (run.count - 1))
      return corrupt("a run of no ids");
    records += run.count;
    min = std::min(min, ulid::make(run.ms, run.stream, run.seq));
    max = std::max(max, ulid::make(run.ms, run.stream, run.seq + run.count - 1));
  }
  if (records != h.records || min != h.min || max != h.max) {
    return corrupt("columns and header disagree");
  }
  return {};
}

result<batch> assemble(const checked_block& b, std::string text) {
  TRY_LET(block_columns c, read_columns(b.columns, b.header.records));
  TRY_LET(batch out, batch::from_parts(std::move(text), std::move(c.runs), std::move(c.topics),
                                       std::move(c.continuations), std::move(c.lengths)));
  if (out.records() != b.header.records || out.min() != b.header.min || out.max() != b.header.max) {
    return corrupt("columns and header disagree");
  }
  return out;
}

}  // namespace

encoded_block encode_block(const batch& records, int level) {
  ASSERT(!records.empty() && records.bytes() <= block_bytes_max, "a block of records");
  encoded_block b;
  block_header& h = b.header;
  h.records = records.records();
  h.raw_bytes = static_cast<std::uint32_t>(records.bytes());
  h.ascii = all_ascii(records.text());
  h.min = records.min();
  h.max = records.max();

  std::string& out = b.bytes;
  put_int(out, block_magic);
  put_int(out, std::uint32_t{0});
  out.append(block_tag);
  put_int(out, block_version);
  put_int(out, std::uint16_t{0});
  out.append(at_records - at_synced, '\0');  // placement and hash: filled in below
  put_int(out, h.records);
  put_int(out, h.raw_bytes);
  put_int(out, std::uint32_t{0});
  put_int(out, h.ascii ? flag_ascii : 0U);
  put_ulid(out, h.min);
  put_ulid(out, h.max);
  put_int(out, std::uint64_t{0});
  put_columns(out, records);
  ASSERT(out.size() <= header_frame_bytes_max, "header frame within its limit");

  h.header_frame_bytes = static_cast<std::uint32_t>(out.size());
  append_compressed(out, records.text(), level);
  h.text_frame_bytes = static_cast<std::uint32_t>(out.size()) - h.header_frame_bytes;
  h.text_hash = xxh3_64(std::string_view(out).substr(h.header_frame_bytes));
  set_int(out.data() + 4, static_cast<std::uint32_t>(h.header_frame_bytes - frame_prefix_bytes));
  set_int(out.data() + at_text_frame_bytes, h.text_frame_bytes);
  set_int(out.data() + at_text_hash, h.text_hash);
  set_int(out.data() + at_hash, header_hash(std::string_view(out).substr(0, h.header_frame_bytes)));
  place_block(out, 0, 0);
  return b;
}

void place_block(std::string& block_bytes, std::uint64_t offset, std::uint64_t synced) {
  ASSERT(block_bytes.size() >= at_columns, "an encoded block");
  set_int(block_bytes.data() + at_synced, synced);
  set_int(block_bytes.data() + at_placement, placement_check(block_bytes.data(), offset));
}

std::uint64_t header_frame_size(std::string_view probe) {
  ASSERT(probe.size() >= block_probe_bytes, "block_probe_bytes of a file");
  if (get_int<std::uint32_t>(probe.data()) != block_magic) return 0;
  if (probe.substr(at_tag, block_tag.size()) != block_tag) return 0;
  const std::uint64_t size = frame_prefix_bytes + get_int<std::uint32_t>(probe.data() + 4);
  return size < at_columns || size > header_frame_bytes_max ? 0 : size;
}

result<block_header> read_block_header(std::string_view header_frame, std::uint64_t offset) {
  TRY(check_frame(header_frame));
  block_header h;
  h.header_frame_bytes = static_cast<std::uint32_t>(header_frame.size());
  bytes_reader in(header_frame.substr(at_synced));
  h.synced = in.take_int<std::uint64_t>();
  h.placed = in.take_int<std::uint64_t>() == placement_check(header_frame.data(), offset);
  in.take_int<std::uint64_t>();  // the hash
  h.records = in.take_int<std::uint32_t>();
  h.raw_bytes = in.take_int<std::uint32_t>();
  h.text_frame_bytes = in.take_int<std::uint32_t>();
  const auto flags = in.take_int<std::uint32_t>();
  h.ascii = (flags & flag_ascii) != 0;
  h.min.hi = in.take_int<std::uint64_t>();
  h.min.lo = in.take_int<std::uint64_t>();
  h.max.hi = in.take_int<std::uint64_t>();
  h.max.lo = in.take_int<std::uint64_t>();
  h.text_hash = in.take_int<std::uint64_t>();
  TRY(check_claims(h, flags));
  return h;
}

result<batch> decode_block(std::string_view block_bytes, text_check how, std::string memory) {
  TRY_LET(const checked_block b, check_block(block_bytes));
  TRY(decompress(b.text_frame, b.header.raw_bytes, memory, how == text_check::whole));
  return assemble(b, std::move(memory));
}

result<block_header> decode_text(std::string_view block_bytes, std::string& out) {
  TRY_LET(const checked_block b, check_block(block_bytes));
  TRY(decompress(b.text_frame, b.header.raw_bytes, out, false));
  return b.header;
}

result<block_columns> decode_columns(std::string_view bytes) {
  if (bytes.size() < block_probe_bytes) return corrupt("no header");
  const std::uint64_t head = header_frame_size(bytes.substr(0, block_probe_bytes));
  if (head == 0 || head > bytes.size()) return corrupt("no header");
  const std::string_view frame = bytes.substr(0, head);
  TRY_LET(const block_header h, read_block_header(frame, 0));
  TRY_LET(block_columns c, read_columns(frame.substr(at_columns), h.records));
  TRY(check_columns(c, h));
  return c;
}

bool records_are_lines(std::string_view bytes) {
  const std::uint64_t head = header_frame_size(bytes.substr(0, block_probe_bytes));
  return !has_column(bytes.substr(at_columns, head - at_columns), column_type::lengths);
}

}  // namespace oklog
