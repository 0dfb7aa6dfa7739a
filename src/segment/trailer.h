// The bytes of an ingest segment's flush trailer. docs/format.md draws them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/segment/ingest_segment.h"

namespace oklog {

inline constexpr std::size_t trailer_bytes = 64;

std::string put_trailer(const flush_trailer& t, std::uint64_t offset);
// Nothing where these bytes are no intact trailer that was written for `offset`.
std::optional<flush_trailer> read_trailer(std::string_view bytes, std::uint64_t offset);

}  // namespace oklog
