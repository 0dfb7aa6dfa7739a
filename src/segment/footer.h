// The bytes of a store segment's footer. docs/format.md draws them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/segment/store_segment.h"

namespace oklog {

// What is read from the end of a file to find its footer.
inline constexpr std::size_t footer_end_bytes = 12;
inline constexpr std::uint64_t footer_bytes_max = 256 * 1024 * 1024;

// The whole frame, for a file in which it begins at `offset`.
std::string put_footer(const store_footer& footer, std::uint64_t offset);

// The size of the footer's frame from the last footer_end_bytes of a file of `file_bytes`, footer
// included. Error: corruption (torn, or a size that the file cannot hold).
result<std::uint64_t> footer_frame_size(std::string_view end, std::uint64_t file_bytes);

// Reads the frame that begins at `offset` and ends the file. What it says is checked against
// itself: its blocks lie without gap or overlap between the file header and the footer, in order,
// inside window and totals. Errors: corruption; invalid (newer version, unknown required section).
result<store_footer> read_footer(std::string_view frame, std::uint64_t offset);

// The footer of a file, as it is on disk now. Errors: the same, io.
result<store_footer> load_footer(env::file& file, std::uint64_t file_bytes);

}  // namespace oklog
