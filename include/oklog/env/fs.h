// The disk. Blocking: called from the pool (scheduler::offload) or at start-up, never from the
// loop.
//
// What success means is said at each call: "page cache" survives the process, "disk" survives the
// power. Errors: not_found, no_space (ENOSPC, EDQUOT), io, invalid (a name that is not a plain
// file). Files are opened without following a symbolic link and never mapped. New files have mode
// 0600, new directories 0700.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"

namespace oklog::env {

// One open file. Its descriptor stays the same for its life, so that an error of a write-back is
// reported to whoever syncs it (rule C7).
class file {
 public:
  virtual ~file() = default;

  // Writes all of `bytes` at the end; success: in the page cache. On an error some of them may have
  // been written: the caller truncates to the size before (rule K25).
  virtual result<> append(std::string_view bytes) = 0;
  // Reads up to `size` bytes at `offset` into `out`; fewer only where the file ends.
  virtual result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) = 0;
  virtual result<std::uint64_t> size() = 0;
  // fdatasync; success: content and size are on disk. After an error this file is poisoned: what
  // was not synced is unknown, and sync must never be tried again (rule C5).
  virtual result<> sync() = 0;
  // Also gives back what was preallocated beyond `size`.
  virtual result<> truncate(std::uint64_t size) = 0;
  // Reserves space beyond the end without changing the visible size. Best effort where the
  // filesystem cannot; no_space where there is none.
  virtual result<> preallocate(std::uint64_t bytes) = 0;
};

enum class file_kind { regular, directory, other };

struct dir_entry {
  std::string name;
  file_kind kind;  // a symbolic link is `other`
  std::uint64_t bytes;
};

struct disk_space {
  std::uint64_t free_bytes;  // for us: without what is reserved for root
  std::uint64_t total_bytes;
};

// Held while it lives.
class file_lock {
 public:
  virtual ~file_lock() = default;
};

class filesystem {
 public:
  virtual ~filesystem() = default;

  virtual result<std::unique_ptr<file>> open_read(const std::string& path) = 0;
  // Fails with conflict where the name exists. On disk only after sync() and sync_dir().
  virtual result<std::unique_ptr<file>> create(const std::string& path) = 0;
  virtual result<std::unique_ptr<file>> open_append(const std::string& path) = 0;
  // Replaces `to`. On disk only after sync_dir() of its directory.
  virtual result<> rename(const std::string& from, const std::string& to) = 0;
  virtual result<> remove(const std::string& path) = 0;
  virtual result<> sync_dir(const std::string& path) = 0;
  // With its parents; each new one is synced into its own parent. Success where it exists.
  virtual result<> make_dirs(const std::string& path) = 0;
  // Sorted by name, without "." and "..".
  virtual result<std::vector<dir_entry>> list(const std::string& path) = 0;
  virtual result<disk_space> space(const std::string& path) = 0;
  // Whether the permissions let anybody but the owner read it: no place for a secret.
  virtual result<bool> readable_by_others(const std::string& path) = 0;
  // flock on `path`, a directory or a file, which is created where missing. Error: busy where
  // somebody else holds it.
  virtual result<std::unique_ptr<file_lock>> lock(const std::string& path) = 0;
};

// The whole of a file of at most `limit` bytes; invalid where it is larger.
result<std::string> read_file(filesystem& fs, const std::string& path, std::uint64_t limit);
// Publishes a small file by rule C1: temporary name, sync, rename, sync of the directory.
// Success: on disk.
result<> write_file(filesystem& fs, const std::string& dir, const std::string& name,
                    std::string_view bytes);

}  // namespace oklog::env
