// A disk in memory that forgets what was not synced: the false filesystem of tests and simulations.
//
// It keeps every unsynced operation in order (a journal), so that a test can look at the images a
// power failure might leave, at every operation of a workload. The rules are those of POSIX, not of
// one filesystem: file::sync persists content and size but no directory entry; sync_dir persists
// the entries of that directory; without them any operation may be lost while a later one is kept.
// A rename is never lost half in the sense that both names are gone, but both may be there.
//
// Content is shared between a disk and its images, so an image costs little. One thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/prng.h"
#include "oklog/env/fs.h"

namespace oklog::sim {

struct disk_state;

// What a read gives once in a while instead of what it was asked for: bytes of another place of the
// file, or fewer, as if the file ended there.
enum class spoiled_read { misplaced, cut };

class disk final : public env::filesystem {
 public:
  disk();
  ~disk() override;
  disk(const disk&) = delete;
  disk& operator=(const disk&) = delete;

  result<std::unique_ptr<env::file>> open_read(const std::string& path) override;
  result<std::unique_ptr<env::file>> create(const std::string& path) override;
  result<std::unique_ptr<env::file>> open_append(const std::string& path) override;
  result<> rename(const std::string& from, const std::string& to) override;
  result<> remove(const std::string& path) override;
  result<> sync_dir(const std::string& path) override;
  result<> make_dirs(const std::string& path) override;
  result<std::vector<env::dir_entry>> list(const std::string& path) override;
  result<env::disk_space> space(const std::string& path) override;
  // What set_open() said.
  result<bool> readable_by_others(const std::string& path) override;
  result<std::unique_ptr<env::file_lock>> lock(const std::string& path) override;

  // -- crash states. An image has everything synced, holds no locks, and has no faults or hook; it
  // keeps the capacity.

  // Calls `see` with each distinct image that a crash now might leave, and what it is: nothing or
  // all unsynced operations kept, each prefix, each one missing, the last write of each file torn
  // (1, 512, multiples of 4096, random bytes), size without data (zeros, garbage), entries without
  // data and the reverse, both names of a rename, and all subsets up to six operations. Of long
  // journals prefixes and missing operations are sampled.
  using crash_visitor = std::function<void(disk& image, std::string_view what)>;
  void for_each_crash_state(const crash_visitor& see) const;
  // One image at random.
  std::unique_ptr<disk> crash(prng& random) const;
  // The disk after a process has died and the machine has not: only locks are lost, and what was
  // not synced still may be.
  std::unique_ptr<disk> kill_process() const;
  // How many operations a crash may lose.
  std::size_t unsynced() const;
  // Called before every operation that changes something (append, sync, truncate, preallocate,
  // create, rename, remove, sync_dir, each new directory), not while it runs itself.
  void on_operation(std::function<void()> hook);

  // -- faults.

  // Operations so far: everything that can fail, also reads.
  std::uint64_t operations() const;
  // Operation number `n` (the first is 1) fails. A failing append writes a part of its bytes, a
  // failing sync loses what is dirty.
  void fail_operation(std::uint64_t n, errc code = errc::io);
  // Operation number `n`, where it is a read, succeeds and gives the wrong bytes.
  void spoil_operation(std::uint64_t n, spoiled_read how);
  // From now on appends and preallocations beyond it fail with no_space, and so do new files.
  void set_capacity(std::uint64_t bytes);
  // While set, file::sync fails and drops what is dirty, as ext4 does: it can still be read, a
  // later sync succeeds, and yet it is never on disk.
  void fail_syncs(bool on);
  // How often a file was synced again after its sync had failed: rule C5 wants zero.
  std::uint64_t syncs_after_failure() const;
  // While set, changes fail with io.
  void set_read_only(bool on);
  // From now on everything fails with io: the machine is gone.
  void cut_off();

  // -- things that are just there, synced, with their parent directories.
  void plant_file(const std::string& path, std::string bytes);
  void plant_directory(const std::string& path);
  void plant_other(const std::string& path);  // a symbolic link, fifo or device
  void set_open(const std::string& path, bool on = true);
  void set_unreadable(const std::string& path, bool on = true);
  // REQUIRES: the byte exists. On disk and in the page cache.
  void bit_flip(const std::string& path, std::uint64_t offset, unsigned bit = 0);

  // Called before a name goes, when nothing is in the way of it any more: renamed to `to`, or
  // removed (`to` is empty). For judges that want to know what is lost with it.
  using name_watcher = std::function<void(const std::string& from, const std::string& to)>;
  void watch_names(name_watcher watcher);

  // Called with what is tried and fails because fail_operation() or fail_syncs() said so, and what
  // it says, "injected failure 17" (of the 17th operation), so that it can be looked for in a log.
  using failure_watcher = std::function<void(const std::string& what, const std::string& says)>;
  void watch_failures(failure_watcher watcher);

  // The file as it is on disk, under a name that is on disk: what every crash leaves of it.
  std::optional<std::string> synced_contents(const std::string& path) const;
  // What of the file that has this name now is on disk, whether the name is or not.
  std::optional<std::string> synced_bytes(const std::string& path) const;
  // The names of the regular files in that directory which are on disk, sorted.
  std::vector<std::string> synced_names(const std::string& directory) const;
  // Of all files, as they are now.
  std::uint64_t used() const;

  // The file as a reader sees it now; nothing where there is no such file.
  std::optional<std::string> contents(const std::string& path) const;
  // All regular files, sorted.
  std::vector<std::string> files() const;

 private:
  explicit disk(std::shared_ptr<disk_state> state);
  friend struct disk_state;
  std::shared_ptr<disk_state> state_;
};

}  // namespace oklog::sim
