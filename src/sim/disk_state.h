// What a simulated disk consists of: a tree of nodes, each as readers see it and as it is on disk,
// and the journal of operations that make the difference.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "oklog/sim/disk.h"
#include "sim/content.h"

namespace oklog::sim {

struct node;
using node_ptr = std::shared_ptr<node>;
using entry_map = std::map<std::string, node_ptr, std::less<>>;

struct node {
  env::file_kind kind = env::file_kind::regular;
  bool unreadable = false;
  bool open_to_others = false;
  bool locked = false;
  // regular files
  content live;
  content synced;
  std::uint64_t reserved = 0;  // preallocated up to here
  bool lost_writes = false;    // a failed sync has dropped some: live and synced differ for good
  // directories
  entry_map entries;
  entry_map synced_entries;

  std::uint64_t bytes() const { return std::max<std::uint64_t>(live.size(), reserved); }
};

// An operation that a crash may lose.
struct unsynced_op {
  enum class type { append, truncate, link, unlink, move };
  type what;
  node_ptr target;    // the file written to, or the node whose entry changes
  content data = {};  // append: [offset, offset + size) of it
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // truncate: the new size
  node_ptr dir = {};       // link, unlink, move: where `name` is (move: was)
  std::string name = {};
  node_ptr to_dir = {};  // move
  std::string to_name = {};
  bool never_syncs = false;  // a sync_dir has failed: no later one can be trusted

  bool is_data() const { return what == type::append || what == type::truncate; }
};

// What a crash does to one operation.
struct fate {
  enum class type { lost, kept, torn, zeroed, garbage, both_names };
  type what = type::lost;
  std::uint64_t keep = 0;  // torn: so many bytes of it
  friend auto operator<=>(const fate&, const fate&) = default;
};

struct disk_state {
  node_ptr root;
  std::vector<unsynced_op> journal;

  std::uint64_t operations = 0;
  std::map<std::uint64_t, errc> failing;
  std::map<std::uint64_t, spoiled_read> spoiled;
  std::uint64_t capacity = 1ULL << 40;
  bool limited = false;
  bool syncs_fail = false;
  bool read_only = false;
  bool gone = false;
  std::uint64_t syncs_after_failure = 0;
  std::function<void()> hook;
  bool in_hook = false;
  disk::name_watcher name_watcher;
  disk::failure_watcher failure_watcher;

  disk_state();

  // Counts the operation; its error if it was told to fail.
  result<> begin_read(std::string_view what);
  result<> begin_change(std::string_view what);
  // What an operation says that fails because it was told to.
  error injected(errc code, std::string_view what);
  void call_hook();

  // Error: not_found; invalid where a part of the way is no directory.
  result<node_ptr> find(std::string_view path) const;
  // The directory in which `path` is or would be, and its last part.
  struct place {
    node_ptr dir;
    std::string name;
  };
  result<place> find_parent(std::string_view path) const;
  // The same among what is on disk; nullptr where there is none.
  node_ptr find_synced(std::string_view path) const;
  // A regular, readable file.
  result<node_ptr> find_file(std::string_view path) const;
  node_ptr plant(std::string_view path, env::file_kind kind);

  std::uint64_t used() const;
  // Error: no_space where `more` bytes do not fit.
  result<> reserve(std::uint64_t more) const;

  void sync_file(node& f);
  void drop_dirty(node& f);
  void sync_entries(const node_ptr& dir);

  std::shared_ptr<disk_state> image(const std::vector<fate>& fates, prng& random) const;
  std::unique_ptr<disk> as_disk(std::shared_ptr<disk_state> state) const;
};

std::vector<std::string> split_path(std::string_view path);
// Carries `op` out on `on`, which is its target or the target's image.
void replay_data(const unsynced_op& op, const fate& how, content& on, prng& random);

std::unique_ptr<env::file> make_file(std::shared_ptr<disk_state> disk, node_ptr f, bool writable,
                                     std::string path);

}  // namespace oklog::sim
