// A block from the wire or the disk. The input is the block; its two hashes are also made right, so
// that what lies behind them is reached. No input may crash or allocate beyond its limits, and what
// decodes encodes to the same records.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "oklog/segment/block.h"

namespace {

using namespace oklog;

void must(bool holds) {
  if (!holds) std::abort();
}

void read_all(const std::string& bytes) {
  auto records = decode_block(bytes);
  std::string text;
  const bool has_text = decode_text(bytes, text).has_value();
  const auto columns = decode_columns(bytes);
  if (!records) return;
  must(columns && columns->runs == records->runs() && columns->topics == records->topics());
  must(records_are_lines(bytes) == records->lengths().empty());
  must(has_text && text == records->text());
  must(records->bytes() <= block_bytes_max && records->records() <= records->bytes());
  std::uint64_t seen = 0;
  records->for_each([&](const record_view& r) {
    ++seen;
    must(records->min() <= r.id && r.id <= records->max());
  });
  must(seen == records->records());
  const auto again = decode_block(encode_block(*records, 1).bytes);
  must(again && again->text() == records->text() && again->min() == records->min() &&
       again->max() == records->max() && again->records() == records->records());
}

// Where the input is framed like a block: header size, text size and both hashes that fit.
void make_right(std::string& bytes) {
  constexpr std::size_t at_hash = 32;
  constexpr std::size_t at_records = 40;
  constexpr std::size_t at_text_bytes = 48;
  constexpr std::size_t at_text_hash = 88;
  constexpr std::size_t at_columns = 96;
  if (bytes.size() < at_columns) return;
  const std::uint64_t head =
      header_frame_size(std::string_view(bytes).substr(0, block_probe_bytes));
  if (head < at_columns || head > bytes.size()) return;
  const std::string_view text = std::string_view(bytes).substr(head);
  set_int(bytes.data() + at_text_bytes, static_cast<std::uint32_t>(text.size()));
  set_int(bytes.data() + at_text_hash, xxh3_64(text));
  const std::string_view hashed = std::string_view(bytes).substr(at_records, head - at_records);
  set_int(bytes.data() + at_hash, xxh3_64(hashed, get_int<std::uint64_t>(bytes.data() + 8)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read_all(bytes);
  make_right(bytes);
  read_all(bytes);
  return 0;
}
