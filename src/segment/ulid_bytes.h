// A ULID in our files: two little-endian halves, the upper one first.
#pragma once

#include "oklog/base/bytes.h"
#include "oklog/base/ulid.h"

namespace oklog {

inline void put_ulid(std::string& out, const ulid& id) {
  put_int(out, id.hi);
  put_int(out, id.lo);
}

inline ulid take_ulid(bytes_reader& in) {
  ulid id;
  id.hi = in.take_int<std::uint64_t>();
  id.lo = in.take_int<std::uint64_t>();
  return id;
}

}  // namespace oklog
