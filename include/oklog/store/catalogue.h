// What a store says that it holds, for other stores to compare with what they hold (rules K2, K11,
// K20): a value, made on the loop from the table of live segments, whose footers have all been read
// before the store answers anything. Pure.
//
// A partition's digest is the sum of its segments': copies that are not merged yet can make equal
// sets look different, never different sets equal. `settled` says that there are no such copies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oklog/segment/store_segment.h"

namespace oklog {

struct catalogue_segment {
  std::string name;
  hash128 hash;  // of the piece (store_footer::file_hash)
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // of its file
  ulid min = ulid_max;
  ulid max = ulid_min;
  bool damaged = false;  // some of it cannot be read there
};

struct catalogue_partition {
  partition where;
  set_digest digest;
  std::uint64_t bytes = 0;
  bool settled = false;    // compaction has nothing more to merge
  bool damaged = false;    // some of it cannot be read there: it is no copy to count on
  bool releasing = false;  // nor this: it is about to go (rule K13). Still listed and read
  std::vector<catalogue_segment> segments;

  // Whether it is a copy that others may count on.
  bool counts() const { return !damaged && !releasing; }
  // What follows from `segments`: false where it says something else. Bytes from the wire.
  bool sound() const;
  // Whether any of its segments may hold records from `min` to `max`, and how many at most.
  bool meets(const ulid& min, const ulid& max) const { return records_within(min, max) > 0; }
  std::uint64_t records_within(const ulid& min, const ulid& max) const;
};

struct store_catalogue {
  std::string store_id;
  std::uint64_t floor = 0;  // the oldest window that it keeps; older ones it would throw away (K12)
  std::vector<catalogue_partition> partitions;  // ascending

  std::size_t segments() const;
  // nullptr where there is none.
  const catalogue_partition* find(const partition& where) const;
  // Of all that it says: equal ones say the same.
  hash128 fingerprint() const;
};

}  // namespace oklog
