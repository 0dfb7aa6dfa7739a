// A data directory: who owns it, which format it has, and the lock that one process holds.
//
//   oklog.json     {"format": 1, "kind": "ingest"|"store", "store_id": "<ULID>"}
//   LOCK           flock
//   starts         how often it was opened, in decimal: one that is lower than what others remember
//                  says that the directory was restored from a copy (rule K16)
//   roster.json    who counts in the cluster (node/roster_keeper.h); in a store's
//   quarantine/    our own files that failed their checks, kept for people
#pragma once

#include <memory>
#include <string>

#include "oklog/env/fs.h"
#include "oklog/segment/file_header.h"

namespace oklog {

inline constexpr unsigned directory_format_version = 1;

// What oklog.json says that a directory is; changes nothing. Errors: not_found (there is none),
// invalid (damaged, or of a newer format), io.
result<segment_kind> read_directory_kind(env::filesystem& fs, const std::string& path);

// Moves a file of a data directory to its quarantine/ under a name that is free there: its own,
// where that is free. Success: on disk.
result<> move_to_quarantine(env::filesystem& fs, const std::string& path, const std::string& name);

class data_directory {
 public:
  // Opens or makes it. `new_id` is written where the directory is new. Refuses, before anything is
  // touched, with a sentence that says what to do: a newer format, the other kind, a directory of
  // Go's OK Log (its file names, or its LOCK without our oklog.json), a lock that is held.
  static result<std::unique_ptr<data_directory>> open(env::filesystem& fs, std::string path,
                                                      segment_kind kind, const std::string& new_id);

  const std::string& path() const { return path_; }
  const std::string& id() const { return id_; }
  // This opening's number, from 1. Where the counter was damaged it begins anew.
  std::uint64_t starts() const { return starts_; }
  // False where it could not be written down: the next opening may have the same number.
  bool start_counted() const { return start_counted_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

  // What stands in every directory of ours beside the segments.
  static bool is_housekeeping(const std::string& name);
  // Gives the directory another identity, for its next opening. Success: on disk.
  result<> change_id(const std::string& new_id);

  result<> quarantine(const std::string& name) { return move_to_quarantine(*fs_, path_, name); }

 private:
  data_directory() = default;
  env::filesystem* fs_ = nullptr;
  std::string path_;
  std::string id_;
  std::uint64_t starts_ = 0;
  bool start_counted_ = true;
  segment_kind kind_ = segment_kind::ingest;
  std::unique_ptr<env::file_lock> lock_;
};

}  // namespace oklog
