// Which records were printed lately, and from where to ask again so that nothing is missed, when an
// answer goes over into a stream or a stream has broken: what comes twice is then told by its ULID
// and text. A pure value.
//
// Records may come late by `follow_overlap`: those between, that reach the store after younger
// ones, are found again. What is later than that when a stream breaks is missed.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <set>
#include <string_view>

#include "oklog/base/hash.h"
#include "oklog/base/time.h"
#include "oklog/base/ulid.h"

namespace oklog::cmd {

inline constexpr duration follow_overlap = std::chrono::seconds(10);
inline constexpr std::size_t seen_records_max = 1'000'000;

class seen_records {
 public:
  explicit seen_records(std::size_t records_max = seen_records_max) : records_max_(records_max) {}

  // Takes a record as it came, without its line feed, at the store's time `now`. False where the
  // same came before. What has no ULID is always new. A clock ahead of the store's moves nothing.
  bool is_new(std::string_view record, wall_time now);
  // Everything up to the store's time `now` has come.
  void caught_up(wall_time now);
  // Nothing before `begin` is wanted. Never goes back.
  void begin_at(const ulid& begin);

  // From where to ask again. What lies before is not remembered.
  const ulid& begin() const { return begin_; }
  std::size_t size() const { return records_.size(); }

 private:
  struct record {
    ulid id;
    std::uint64_t text_hash;
    friend auto operator<=>(const record&, const record&) = default;
  };

  std::size_t records_max_;
  ulid begin_ = ulid_min;
  std::set<record> records_;
};

}  // namespace oklog::cmd
