// The two rows of the ingest log's tables, private to it.
#pragma once

#include "oklog/ingest/ingest_log.h"
#include "oklog/segment/names.h"

namespace oklog::ingest {

// A segment that waits for a consumer, or that one has claimed.
struct ingest_log::segment {
  enum class state { flushed, pending, leaving };

  std::uint64_t order = 0;
  segment_content content;
  std::string file_name;  // as it is on disk; a rename may have failed
  state is = state::flushed;
  bool moving = false;  // a move job has it
  bool reading = false;
  bool damaged = false;
  boot_time deadline{};
  ulid min = ulid_max;
  ulid max = ulid_min;
};

// A segment that is still a file in the making: active, being flushed, or poisoned.
struct ingest_log::active_segment {
  std::string id;
  std::unique_ptr<ingest_segment_writer> writer;  // null while a job has it, or where poisoned
  std::vector<block_ref> refs;
  std::vector<kept_block> kept;  // appended and not synced, by serial
  std::uint64_t kept_bytes = 0;
  boot_time unsynced_since{};
  boot_time first_record{};
  std::uint64_t file_bytes = 0;
  std::uint64_t synced_bytes = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t last_serial = 0;
  counter* reason = nullptr;
  std::uint32_t shard = 0;

  void mirror() {
    file_bytes = writer->file_bytes();
    synced_bytes = writer->synced_bytes();
    raw_bytes = writer->raw_bytes();
    records = writer->records();
  }
};

inline std::string active_name(const std::string& id) {
  return format(ingest_name{id, segment_state::active});
}
inline std::string flushed_name(const std::string& id) {
  return format(ingest_name{id, segment_state::flushed});
}
inline std::string pending_name(const std::string& id) {
  return format(ingest_name{id, segment_state::pending});
}

}  // namespace oklog::ingest
