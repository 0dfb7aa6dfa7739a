// Unpacking, a library each.
#pragma once

#include "oklog/grep/text_source.h"

namespace oklog::grep {

inline constexpr std::size_t packed_bytes_read = 128 * 1024;  // at once

std::unique_ptr<byte_input> make_gzip_decoder(std::unique_ptr<byte_input> packed);
std::unique_ptr<byte_input> make_zstd_decoder(std::unique_ptr<byte_input> packed);

}  // namespace oklog::grep
