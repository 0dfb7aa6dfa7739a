// zstd for blocks: one context a thread, kept.
#pragma once

#include <string>
#include <string_view>

#include "oklog/base/result.h"

namespace oklog {

// Appends one zstd frame with content size and checksum.
void append_compressed(std::string& out, std::string_view raw, int level);

// Replaces `out` by the content of `frame`, which must be exactly one frame of exactly `raw_bytes`.
// `checksum` false passes over zstd's checksum of the content, a quarter of the time.
// Error: corruption. Nothing is allocated where the frame claims another size.
result<> decompress(std::string_view frame, std::size_t raw_bytes, std::string& out,
                    bool checksum = true);

}  // namespace oklog
