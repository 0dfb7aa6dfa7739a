// The first frame of every data file, and of no other kind of file: a skippable frame that names
// kind and format version. zstd passes over it; we refuse a file without it.
#pragma once

#include <string>
#include <string_view>

#include "oklog/base/result.h"

namespace oklog {

enum class segment_kind : unsigned char { ingest = 1, store = 2 };

inline constexpr unsigned segment_format_version = 1;
inline constexpr std::size_t file_header_bytes = 32;

std::string file_header(segment_kind kind);
// Errors: corruption (not ours, or damaged); invalid (a newer version: the sentence says so).
result<segment_kind> read_file_header(std::string_view bytes);

}  // namespace oklog
