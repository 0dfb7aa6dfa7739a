// A record: one log line with its identity and topic. Two records are equal if ULID, topic and text
// are equal (rule K1); nothing else merges.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "oklog/base/hash.h"
#include "oklog/base/ulid.h"

namespace oklog {

struct record_view {
  ulid id;
  std::string_view topic;
  std::string_view text;      // without its line feed; borrowed
  bool continuation = false;  // goes on the line of the record with the same stream and seq - 1
};

// The digest of a set of records (rule K2): their number, and the sum modulo 2^128 of
//   XXH3-128(seed = 0x6f6b6c6f67, id.hi as 8 LE bytes, id.lo as 8 LE bytes,
//            topic length as 4 LE bytes, topic, text).
// On-disk format. A sum, never a xor, so that a pair of equal records does not cancel itself.
struct set_digest {
  std::uint64_t count = 0;
  hash128 sum;

  void add(const record_view& r);
  void add(const set_digest& other);
  // REQUIRES: `other` is a part of this set.
  void subtract(const set_digest& other);
  friend constexpr bool operator==(const set_digest&, const set_digest&) = default;
};

}  // namespace oklog
