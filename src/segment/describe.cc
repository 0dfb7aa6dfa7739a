#include "oklog/segment/describe.h"

#include <algorithm>
#include <set>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/ingest_segment.h"
#include "oklog/segment/store_segment.h"
#include "segment/filter_check.h"

namespace oklog {
namespace {

void line(std::string& out, std::string_view name, const std::string& value) {
  out += "  ";
  out += name;
  out.append(name.size() < 12 ? 12 - name.size() : 1, ' ');
  out += value + "\n";
}

std::string moment(const ulid& id) {
  constexpr std::uint64_t ms_of_2261 = 9'183'110'400'000;
  if (id.ms() > ms_of_2261) return format(id);
  return format_rfc3339(from_unix_ms(static_cast<std::int64_t>(id.ms())));
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0";
  const std::uint64_t thousandths = part * 1000 / whole;
  std::string digits = std::to_string(thousandths % 1000);
  digits.insert(0, 3 - digits.size(), '0');
  return std::to_string(thousandths / 1000) + "." + digits;
}

void totals(std::string& out, std::uint64_t records, std::uint64_t blocks, std::uint64_t raw_bytes,
            std::uint64_t file_bytes, const ulid& min, const ulid& max) {
  line(out, "records", std::to_string(records));
  line(out, "blocks", std::to_string(blocks));
  line(out, "text", std::to_string(raw_bytes) + " bytes");
  line(out, "file",
       std::to_string(file_bytes) + " bytes, " + share(file_bytes, raw_bytes) + " of the text");
  if (records == 0) return;
  line(out, "from", moment(min) + "  " + format(min));
  line(out, "to", moment(max) + "  " + format(max));
}

std::string listed(const std::vector<std::string>& topics) {
  constexpr std::size_t shown_max = 10;
  std::string out;
  for (std::size_t i = 0; i < std::min(topics.size(), shown_max); ++i) {
    out += (i > 0 ? " " : "") + topics[i];
  }
  if (topics.size() > shown_max) out += " ... (" + std::to_string(topics.size()) + " in all)";
  return out;
}

// An ingest segment has no index: its topics stand in its blocks. A block that cannot be read is
// told of by the scan.
std::vector<std::string> topics_of(const ingest_segment_contents& c) {
  std::set<std::string> topics;
  for (const block_ref& ref : c.blocks) {
    const auto records = load_block(ref);
    if (records) topics.insert(records->topics().begin(), records->topics().end());
  }
  return {topics.begin(), topics.end()};
}

result<segment_description> describe_ingest(env::filesystem& fs, const std::string& path,
                                            bool verify) {
  TRY_LET(const ingest_segment_contents c, scan_ingest_segment(fs, path, verify));
  segment_description d;
  d.text = path + "\n";
  line(d.text, "kind", "ingest segment, format " + std::to_string(segment_format_version));
  line(d.text, "state",
       c.trailer ? "flushed, shard " + std::to_string(c.trailer->shard)
                 : "not flushed: no trailer yet");
  totals(d.text, c.records, c.blocks.size(), c.raw_bytes, c.file_bytes, c.min, c.max);
  if (c.records > 0) line(d.text, "topics", listed(topics_of(c)));
  if (c.tail_bytes > 0) line(d.text, "torn tail", std::to_string(c.tail_bytes) + " bytes");
  for (const std::string& damage : c.damage) line(d.text, "DAMAGED", damage);
  d.sound = c.damaged_blocks == 0;
  if (verify && d.sound) line(d.text, "verified", "every checksum holds");
  return d;
}

// What they take and how full they are: a block that lacks a text of n bytes lets it pass with a
// chance of about fill^(n - 4). Returns what is wrong with them.
result<std::vector<std::string>> describe_filters(const store_segment& s, std::string& out) {
  const filter_index& index = s.footer.filters;
  std::vector<std::string> damage;
  if (index.version == 0) {
    line(out, "filters", "none");
    return damage;
  }
  line(out, "filters",
       std::to_string(index.frame_bytes) + " bytes, " +
           share(index.frame_bytes, s.footer.raw_bytes) + " of the text" +
           (index.readable() ? "" : ", of a version that is not used"));
  filter_check filters(s);
  TRY(filters.load(damage));
  if (!damage.empty()) return damage;
  for (const filter_group& group : filters.layout().groups()) {
    const std::uint64_t bits = std::uint64_t{group.blocks.size()} << group.log2_bits;
    line(out, "",
         std::to_string(group.blocks.size()) + " blocks with 2^" + std::to_string(group.log2_bits) +
             " bits, " + share(filters.bits_set(group), bits) + " full");
  }
  return damage;
}

result<segment_description> describe_store(env::filesystem& fs, const std::string& path,
                                           bool verify) {
  const std::size_t slash = path.rfind('/');
  const std::string dir = slash == std::string::npos ? "." : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  TRY_LET(const store_segment s, open_store_segment(fs, dir, name));
  const store_footer& f = s.footer;
  segment_description d;
  d.text = path + "\n";
  line(d.text, "kind", "store segment, format " + std::to_string(segment_format_version));
  line(d.text, "partition", format(f.partition));
  totals(d.text, f.digest.count, f.blocks.size(), f.raw_bytes, s.file_bytes, f.min, f.max);
  line(d.text, "topics", listed(f.topics));
  line(d.text, "digest", to_hex(f.digest.sum));
  TRY_LET(const std::vector<std::string> bad_filters, describe_filters(s, d.text));
  d.sound = bad_filters.empty();
  if (!verify) {
    for (const std::string& what : bad_filters) line(d.text, "DAMAGED", what);
    return d;
  }
  TRY_LET(const std::vector<std::string> damage, find_damage(s));
  d.sound = damage.empty();
  for (const std::string& what : damage) line(d.text, "DAMAGED", what);
  if (d.sound) line(d.text, "verified", "every checksum holds");
  return d;
}

}  // namespace

result<segment_description> describe_segment(env::filesystem& fs, const std::string& path,
                                             bool verify) {
  TRY_LET(const auto file, fs.open_read(path));
  std::string head(file_header_bytes, '\0');
  TRY_LET(const std::size_t got, file->read_at(0, head.data(), head.size()));
  head.resize(got);
  auto kind = read_file_header(head);
  if (!kind) return with_context(path, kind.error());
  auto d = *kind == segment_kind::ingest ? describe_ingest(fs, path, verify)
                                         : describe_store(fs, path, verify);
  if (!d) return with_context(path, d.error());
  return d;
}

}  // namespace oklog
