#include "segment/trailer.h"

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "segment/frames.h"

namespace oklog {
namespace {

constexpr std::uint16_t trailer_version = 1;
constexpr std::size_t trailer_at_hash = trailer_bytes - 8;

}  // namespace

std::string put_trailer(const flush_trailer& t, std::uint64_t offset) {
  std::string out;
  put_int(out, about_magic);
  put_int(out, static_cast<std::uint32_t>(trailer_bytes - frame_prefix_bytes));
  out.append(trailer_tag);
  put_int(out, trailer_version);
  put_int(out, std::uint16_t{0});
  put_int(out, t.shard);
  put_int(out, t.blocks);
  put_int(out, t.records);
  put_int(out, t.raw_bytes);
  put_int(out, offset);
  put_int(out, std::uint64_t{0});
  put_int(out, xxh3_64(out, offset));
  ASSERT(out.size() == trailer_bytes, "size of the trailer");
  return out;
}

std::optional<flush_trailer> read_trailer(std::string_view bytes, std::uint64_t offset) {
  if (bytes.size() < trailer_bytes) return std::nullopt;
  bytes_reader in(bytes.substr(0, trailer_bytes));
  const bool ours = in.take_int<std::uint32_t>() == about_magic &&
                    in.take_int<std::uint32_t>() == trailer_bytes - frame_prefix_bytes &&
                    in.take(trailer_tag.size()) == trailer_tag &&
                    in.take_int<std::uint16_t>() == trailer_version &&
                    in.take_int<std::uint16_t>() == 0;
  if (!ours) return std::nullopt;
  flush_trailer t;
  t.shard = in.take_int<std::uint32_t>();
  t.blocks = in.take_int<std::uint32_t>();
  t.records = in.take_int<std::uint64_t>();
  t.raw_bytes = in.take_int<std::uint64_t>();
  if (in.take_int<std::uint64_t>() != offset) return std::nullopt;
  if (get_int<std::uint64_t>(bytes.data() + trailer_at_hash) !=
      xxh3_64(bytes.substr(0, trailer_at_hash), offset)) {
    return std::nullopt;
  }
  return t;
}

}  // namespace oklog
