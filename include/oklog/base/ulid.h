// The identity of a record: 128 bits, born where the line enters the system, never changed.
//
//   48 bits  unix milliseconds
//   40 bits  stream id: random, one per unbroken source of records
//   40 bits  sequence within the stream, from 1
//
// Order is by time, then stream, then sequence, so a stream's own order survives within a
// millisecond. In text: 26 characters of Crockford's base32, upper case, most significant first
// (https://github.com/ulid/spec), read in either case.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/base/result.h"

namespace oklog {

struct ulid {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;

  static constexpr std::uint64_t ms_max = (1ULL << 48) - 1;
  static constexpr std::uint64_t stream_max = (1ULL << 40) - 1;
  static constexpr std::uint64_t seq_max = (1ULL << 40) - 1;
  static constexpr std::size_t text_size = 26;

  static constexpr ulid make(std::uint64_t ms, std::uint64_t stream, std::uint64_t seq) {
    return {(ms << 16) | ((stream >> 24) & 0xffff), (stream << 40) | (seq & seq_max)};
  }
  static constexpr ulid lowest(std::uint64_t ms) { return make(ms, 0, 0); }
  static constexpr ulid highest(std::uint64_t ms) { return make(ms, stream_max, seq_max); }

  constexpr std::uint64_t ms() const { return hi >> 16; }
  constexpr std::uint64_t stream() const { return ((hi & 0xffff) << 24) | (lo >> 40); }
  constexpr std::uint64_t seq() const { return lo & seq_max; }

  friend constexpr auto operator<=>(const ulid&, const ulid&) = default;
};

inline constexpr ulid ulid_min{0, 0};
inline constexpr ulid ulid_max{~0ULL, ~0ULL};

// Writes exactly 26 characters to `out`.
void format_ulid(const ulid& id, char* out);
std::string format(const ulid& id);
// Error: invalid (length, a character outside the alphabet, or more than 128 bits).
result<ulid> parse_ulid(std::string_view text);

}  // namespace oklog
