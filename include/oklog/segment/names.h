// The names of our files. They tell people what is what; what a file holds is in the file (rule
// C8). A name outside this grammar is not ours and is never touched.
//
//   ingest   <ULID>.active | .flushed | .pending
//   store    <YYYY-MM-DD>T<HH>Z-s<shard>-<ULID>.active     being written
//            <YYYY-MM-DD>T<HH>Z-s<shard>-<ULID>.flushed    readable
//            <...>.flushed.<unix ms>.trashed               past retention or replaced, until purged
//            <...>.flushed.<unix ms>.released              let go of: others hold it; until purged
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/segment/store_segment.h"

namespace oklog {

enum class segment_state { active, flushed, pending, trashed, released };

std::string_view name(segment_state state);

struct ingest_name {
  std::string id;  // 26 characters
  segment_state state;
};
std::string format(const ingest_name& n);
std::optional<ingest_name> parse_ingest_name(std::string_view file_name);

struct store_name {
  oklog::partition partition;
  std::string id;
  segment_state state;
  std::int64_t trashed_ms = 0;  // when trashed or released, by the wall clock
  bool in_trash() const {
    return state == segment_state::trashed || state == segment_state::released;
  }
};
std::string format(const store_name& n);
std::optional<store_name> parse_store_name(std::string_view file_name);

}  // namespace oklog
