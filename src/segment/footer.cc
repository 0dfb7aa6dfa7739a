#include "segment/footer.h"

#include <optional>
#include <utility>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "oklog/segment/file_header.h"
#include "segment/footer_check.h"
#include "segment/frames.h"
#include "segment/ulid_bytes.h"

namespace oklog {
namespace {

constexpr std::uint16_t footer_version = 1;
constexpr std::string_view end_magic = "OKLOGEND";
constexpr std::size_t head_bytes = 16;  // prefix, tag, version, reserved
constexpr std::size_t foot_bytes = 8 + footer_end_bytes;
constexpr std::size_t store_id_bytes_max = 128;

constexpr std::uint8_t section_required = 0x80;
enum class section : std::uint8_t {
  partition = 0x81,
  write_set = 0x82,
  totals = 0x83,
  topics = 0x84,
  blocks = 0x85,
  filters = 0x86,  // only where there are any
};

// Stream and sequence, whole; the time goes in front as a distance.
void put_ulid_after(std::string& out, const ulid& id, std::uint64_t ms) {
  put_varint(out, id.ms() - ms);
  put_int(out, static_cast<std::uint16_t>(id.hi & 0xffff));
  put_int(out, id.lo);
}

ulid take_ulid_after(bytes_reader& in, std::uint64_t ms) {
  const std::uint64_t distance = in.take_varint() & ulid::ms_max;
  ulid id;
  id.hi = ((ms + distance) & ulid::ms_max) << 16 | in.take_int<std::uint16_t>();
  id.lo = in.take_int<std::uint64_t>();
  return id;
}

void put_names(std::string& out, const std::vector<std::string>& names) {
  put_varint(out, names.size());
  for (const std::string& n : names) {
    ASSERT(n.size() <= store_id_bytes_max, "a name of at most 128 bytes");
    out.push_back(static_cast<char>(n.size()));
    out.append(n);
  }
}

result<std::vector<std::string>> read_names(std::string_view bytes) {
  bytes_reader in(bytes);
  const std::uint64_t count = in.take_varint();
  if (!in.ok() || count > in.left()) return corrupt_footer("wrong number of names");
  std::vector<std::string> names;
  names.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    names.emplace_back(in.take(in.take_int<std::uint8_t>()));
    if (!in.ok() || names.back().size() > store_id_bytes_max)
      return corrupt_footer("a name is cut short");
  }
  if (!in.at_end()) return corrupt_footer("bytes behind the last name");
  return names;
}

std::string blocks_section(const store_footer& f) {
  std::string out;
  put_varint(out, f.blocks.size());
  std::uint32_t topic = 0;
  for (const store_block& b : f.blocks) {
    const block_header& h = b.header;
    put_varint(out, h.header_frame_bytes);
    put_varint(out, h.text_frame_bytes);
    put_varint(out, h.raw_bytes);
    put_varint(out, std::uint64_t{h.records} << 1 | (h.ascii ? 1 : 0));
    put_varint(out, b.topic - topic);
    put_ulid_after(out, h.min, f.min.ms());
    put_ulid_after(out, h.max, h.min.ms());
    put_int(out, h.text_hash);
    topic = b.topic;
  }
  return out;
}

bool fits_u32(std::uint64_t v) {
  return v <= 0xffffffffULL;
}

result<std::vector<store_block>> read_blocks(std::string_view bytes, const store_footer& f) {
  constexpr std::size_t entry_bytes_min = 35;
  bytes_reader in(bytes);
  const std::uint64_t count = in.take_varint();
  if (!in.ok() || count > in.left() / entry_bytes_min)
    return corrupt_footer("wrong number of blocks");
  std::vector<store_block> blocks;
  blocks.reserve(count);
  std::uint64_t offset = file_header_bytes;
  std::uint64_t topic = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t head = in.take_varint();
    const std::uint64_t text = in.take_varint();
    const std::uint64_t raw = in.take_varint();
    const std::uint64_t records = in.take_varint();
    const std::uint64_t step = in.take_varint();
    store_block b;
    b.header.min = take_ulid_after(in, f.min.ms());
    b.header.max = take_ulid_after(in, b.header.min.ms());
    b.header.text_hash = in.take_int<std::uint64_t>();
    if (!in.ok() || head > header_frame_bytes_max || !fits_u32(text) || raw > block_bytes_max ||
        !fits_u32(records >> 1) || step >= f.topics.size() || topic + step >= f.topics.size()) {
      return corrupt_footer("a block's sizes are out of range");
    }
    topic += step;
    b.offset = offset;
    b.topic = static_cast<std::uint32_t>(topic);
    b.header.header_frame_bytes = static_cast<std::uint32_t>(head);
    b.header.text_frame_bytes = static_cast<std::uint32_t>(text);
    b.header.raw_bytes = static_cast<std::uint32_t>(raw);
    b.header.records = static_cast<std::uint32_t>(records >> 1);
    b.header.ascii = (records & 1) != 0;
    offset += b.header.bytes();
    blocks.push_back(b);
  }
  if (!in.at_end()) return corrupt_footer("bytes behind the last block");
  return blocks;
}

// Version and frame bytes stay where they are in every version, so that filters that cannot be read
// can be passed over.
std::string filters_section(const store_footer& f) {
  std::string out;
  put_int(out, f.filters.version);
  put_int(out, f.filters.frame_bytes);
  out.push_back(static_cast<char>(f.filters.gram_bytes));
  out.push_back(static_cast<char>(f.filters.hash));
  for (const store_block& b : f.blocks) out.push_back(static_cast<char>(b.filter_log2));
  return out;
}

result<> read_filters(std::string_view bytes, store_footer& f) {
  bytes_reader in(bytes);
  f.filters.version = in.take_int<std::uint16_t>();
  f.filters.frame_bytes = in.take_int<std::uint64_t>();
  f.filters.gram_bytes = in.take_int<std::uint8_t>();
  f.filters.hash = in.take_int<std::uint8_t>();
  if (!in.ok() || f.filters.version == 0) return corrupt_footer("its filters are cut short");
  if (!f.filters.readable()) return {};
  if (in.left() != f.blocks.size()) return corrupt_footer("filters of another number of blocks");
  for (store_block& b : f.blocks) b.filter_log2 = in.take_int<std::uint8_t>();
  return {};
}

std::string partition_section(const store_footer& f) {
  std::string out;
  put_int(out, f.partition.window);
  put_int(out, f.partition.shard);
  return out;
}

std::string totals_section(const store_footer& f) {
  std::string out;
  put_int(out, f.digest.count);
  put_int(out, f.digest.sum.hi);
  put_int(out, f.digest.sum.lo);
  put_int(out, f.raw_bytes);
  put_ulid(out, f.min);
  put_ulid(out, f.max);
  put_int(out, f.file_hash.hi);
  put_int(out, f.file_hash.lo);
  return out;
}

result<> read_fixed(store_footer& f, std::string_view where, std::string_view totals) {
  bytes_reader p(where);
  f.partition.window = p.take_int<std::uint64_t>();
  f.partition.shard = p.take_int<std::uint32_t>();
  bytes_reader t(totals);
  f.digest.count = t.take_int<std::uint64_t>();
  f.digest.sum.hi = t.take_int<std::uint64_t>();
  f.digest.sum.lo = t.take_int<std::uint64_t>();
  f.raw_bytes = t.take_int<std::uint64_t>();
  f.min = take_ulid(t);
  f.max = take_ulid(t);
  f.file_hash.hi = t.take_int<std::uint64_t>();
  f.file_hash.lo = t.take_int<std::uint64_t>();
  if (!p.ok() || !p.at_end() || !t.ok() || !t.at_end())
    return corrupt_footer("wrong size of its totals");
  return {};
}

void put_section(std::string& out, section type, std::string_view body) {
  out.push_back(static_cast<char>(type));
  put_int(out, static_cast<std::uint32_t>(body.size()));
  out.append(body);
}

// The sections of version 1, by type; all but the filters must be there.
struct section_bytes {
  std::string_view partition, write_set, totals, topics, blocks;
  std::optional<std::string_view> filters;
};

result<section_bytes> split_sections(std::string_view bytes) {
  std::string_view found[256];
  bool seen[256] = {};
  bytes_reader in(bytes);
  while (!in.at_end()) {
    const auto type = in.take_int<std::uint8_t>();
    found[type] = in.take(in.take_int<std::uint32_t>());
    if (!in.ok() || std::exchange(seen[type], true))
      return corrupt_footer("its sections are cut short");
    const bool known = type >= static_cast<std::uint8_t>(section::partition) &&
                       type <= static_cast<std::uint8_t>(section::filters);
    if ((type & section_required) != 0 && !known) {
      return fail(errc::invalid, "footer: needs section " + std::to_string(type) +
                                     ", which this version of oklog does not know: upgrade oklog");
    }
  }
  const auto get = [&](section s) { return found[static_cast<std::uint8_t>(s)]; };
  section_bytes parts{get(section::partition), get(section::write_set), get(section::totals),
                      get(section::topics),    get(section::blocks),    std::nullopt};
  if (seen[static_cast<std::uint8_t>(section::filters)]) parts.filters = get(section::filters);
  return parts;
}

}  // namespace

std::string put_footer(const store_footer& footer, std::uint64_t offset) {
  std::string out;
  put_int(out, about_magic);
  put_int(out, std::uint32_t{0});
  out.append(footer_tag);
  put_int(out, footer_version);
  put_int(out, std::uint16_t{0});
  put_section(out, section::partition, partition_section(footer));
  std::string names;
  put_names(names, footer.write_set);
  put_section(out, section::write_set, names);
  put_section(out, section::totals, totals_section(footer));
  names.clear();
  put_names(names, footer.topics);
  put_section(out, section::topics, names);
  put_section(out, section::blocks, blocks_section(footer));
  if (footer.filters.version != 0) put_section(out, section::filters, filters_section(footer));
  const std::size_t size = out.size() + foot_bytes;
  ASSERT(size <= footer_bytes_max, "footer within its limit");
  set_int(out.data() + 4, static_cast<std::uint32_t>(size - frame_prefix_bytes));
  put_int(out, xxh3_64(out, offset));
  put_int(out, static_cast<std::uint32_t>(size));
  out.append(end_magic);
  return out;
}

result<std::uint64_t> footer_frame_size(std::string_view end, std::uint64_t file_bytes) {
  if (end.size() != footer_end_bytes || end.substr(4) != end_magic) {
    return corrupt_footer("the file does not end with one");
  }
  const std::uint64_t size = get_int<std::uint32_t>(end.data());
  if (size < head_bytes + foot_bytes || size > footer_bytes_max ||
      size + file_header_bytes > file_bytes) {
    return corrupt_footer("its size is out of range");
  }
  return size;
}

result<store_footer> read_footer(std::string_view frame, std::uint64_t offset) {
  if (frame.size() < head_bytes + foot_bytes) return corrupt_footer("cut short");
  const std::string_view body = frame.substr(0, frame.size() - foot_bytes);
  bytes_reader in(frame);
  const auto magic = in.take_int<std::uint32_t>();
  const auto size = in.take_int<std::uint32_t>();
  const bool ours = magic == about_magic && size + frame_prefix_bytes == frame.size() &&
                    in.take(footer_tag.size()) == footer_tag;
  if (!ours) return corrupt_footer("no footer begins where its size says");
  const auto version = in.take_int<std::uint16_t>();
  const auto reserved = in.take_int<std::uint16_t>();
  bytes_reader foot(frame.substr(body.size()));
  if (foot.take_int<std::uint64_t>() != xxh3_64(body, offset))
    return corrupt_footer("hash differs");
  if (foot.take_int<std::uint32_t>() != frame.size() || foot.take(8) != end_magic) {
    return corrupt_footer("its end differs");
  }
  if (version != footer_version || reserved != 0) {
    return fail(errc::invalid, "footer: version " + std::to_string(version) +
                                   "; this oklog reads version 1: upgrade oklog");
  }
  TRY_LET(const section_bytes parts, split_sections(body.substr(head_bytes)));
  store_footer f;
  TRY(read_fixed(f, parts.partition, parts.totals));
  TRY_LET(f.write_set, read_names(parts.write_set));
  TRY_LET(f.topics, read_names(parts.topics));
  TRY_LET(f.blocks, read_blocks(parts.blocks, f));
  if (parts.filters) {
    TRY(read_filters(*parts.filters, f));
  }
  TRY(check_footer(f, offset));
  return f;
}

}  // namespace oklog
