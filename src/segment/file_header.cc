#include "oklog/segment/file_header.h"

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "segment/frames.h"

namespace oklog {
namespace {

constexpr std::size_t file_at_tag = 8;
constexpr std::size_t file_at_kind = 12;
constexpr std::size_t file_at_version = 14;
// In every version to come the hash is the last 8 of the first 32 bytes, and kind and version stay
// where they are, so that a newer file is told from a damaged one.
constexpr std::size_t file_at_hash = 24;

}  // namespace

std::string file_header(segment_kind kind) {
  std::string out;
  put_int(out, about_magic);
  put_int(out, static_cast<std::uint32_t>(file_header_bytes - frame_prefix_bytes));
  out.append(file_tag);
  out.push_back(static_cast<char>(kind));
  out.push_back('\0');
  put_int(out, static_cast<std::uint16_t>(segment_format_version));
  put_int(out, std::uint64_t{0});
  put_int(out, xxh3_64(out));
  return out;
}

result<segment_kind> read_file_header(std::string_view bytes) {
  if (bytes.size() < file_header_bytes) {
    return fail(errc::corruption, "shorter than a file header");
  }
  if (get_int<std::uint32_t>(bytes.data()) != about_magic ||
      bytes.substr(file_at_tag, file_tag.size()) != file_tag) {
    return fail(errc::corruption, "does not begin with oklog's file header");
  }
  if (get_int<std::uint64_t>(bytes.data() + file_at_hash) !=
      xxh3_64(bytes.substr(0, file_at_hash))) {
    return fail(errc::corruption, "file header: hash differs");
  }
  const auto version = get_int<std::uint16_t>(bytes.data() + file_at_version);
  if (version != segment_format_version) {
    return fail(errc::invalid, "file format version " + std::to_string(version) +
                                   "; this oklog reads version 1: upgrade oklog");
  }
  const auto kind = static_cast<unsigned char>(bytes[file_at_kind]);
  if (kind != 1 && kind != 2)
    return fail(errc::invalid, "a kind of file that this oklog does not know");
  return static_cast<segment_kind>(kind);
}

}  // namespace oklog
