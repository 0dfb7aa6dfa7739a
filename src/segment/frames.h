// The skippable frames that our files are made of, besides zstd's own: magic, size, payload. The
// magic tells blocks from frames about the file; a tag says which.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace oklog {

inline constexpr std::uint32_t block_magic = 0x184D2A50;
inline constexpr std::uint32_t about_magic = 0x184D2A51;  // file header, trailer, filters, footer
inline constexpr std::size_t frame_prefix_bytes = 8;      // magic and size

inline constexpr std::string_view block_tag = "OKBK";
inline constexpr std::string_view file_tag = "OKLG";
inline constexpr std::string_view trailer_tag = "OKFT";
inline constexpr std::string_view filters_tag = "OKNF";
inline constexpr std::string_view footer_tag = "OKSF";

}  // namespace oklog
