#include "oklog/api/part_frames.h"

#include "oklog/base/bytes.h"
#include "oklog/segment/block.h"

namespace oklog::api {
namespace {

constexpr std::size_t head_bytes = 5;
constexpr std::size_t unread_head_bytes = 28;

}  // namespace

void append_frame(std::string& out, part_kind kind, std::string_view bytes) {
  put_int(out, static_cast<std::uint8_t>(kind));
  put_int(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

std::string block_frame(const batch& records) {
  const encoded_block block = encode_block(records, block_compression_level);
  std::string out;
  out.reserve(head_bytes + block.bytes.size());
  append_frame(out, part_kind::block, block.bytes);
  return out;
}

std::string pack_unread(const unread_part& part) {
  std::string out;
  put_int(out, part.where.window);
  put_int(out, part.where.shard);
  put_int(out, part.from.hi);
  put_int(out, part.from.lo);
  out.append(part.why);
  return out;
}

result<unread_part> parse_unread(std::string_view bytes) {
  if (bytes.size() < unread_head_bytes) {
    return fail(errc::corruption, "an unread partition without its name");
  }
  unread_part part;
  part.where.window = get_int<std::uint64_t>(bytes.data());
  part.where.shard = get_int<std::uint32_t>(bytes.data() + 8);
  part.from = {get_int<std::uint64_t>(bytes.data() + 12),
               get_int<std::uint64_t>(bytes.data() + 20)};
  part.why = std::string(bytes.substr(unread_head_bytes));
  return part;
}

result<std::optional<part_frame>> part_reader::next() {
  const std::string_view rest = std::string_view(in_).substr(at_);
  if (ended_ && !rest.empty()) return fail(errc::corruption, "bytes behind the end of an answer");
  if (rest.empty()) return std::optional<part_frame>{};
  const auto kind = get_int<std::uint8_t>(rest.data());
  const bool known = kind >= 1 && kind <= 5;
  const bool in_order = (kind == static_cast<std::uint8_t>(part_kind::begun)) == !begun_;
  if (!known || !in_order) return fail(errc::corruption, "a frame that does not belong there");
  if (rest.size() < head_bytes) return std::optional<part_frame>{};
  const auto size = get_int<std::uint32_t>(rest.data() + 1);
  if (size > part_frame_bytes_max) return fail(errc::corruption, "a frame that is too large");
  if (rest.size() - head_bytes < size) return std::optional<part_frame>{};
  part_frame frame{static_cast<part_kind>(kind), std::string(rest.substr(head_bytes, size))};
  at_ += head_bytes + size;
  begun_ = true;
  ended_ = frame.kind == part_kind::end;
  if (at_ == in_.size() || at_ > part_block_bytes) {
    in_.erase(0, at_);
    at_ = 0;
  }
  return std::optional(std::move(frame));
}

}  // namespace oklog::api
