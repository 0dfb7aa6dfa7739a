// The side of the disk that tests see: faults and things planted on it.
#include "oklog/base/assert.h"
#include "sim/disk_state.h"

namespace oklog::sim {

void disk::on_operation(std::function<void()> hook) {
  state_->hook = std::move(hook);
}
void disk::watch_names(name_watcher watcher) {
  state_->name_watcher = std::move(watcher);
}
void disk::watch_failures(failure_watcher watcher) {
  state_->failure_watcher = std::move(watcher);
}
std::uint64_t disk::operations() const {
  return state_->operations;
}
std::size_t disk::unsynced() const {
  return state_->journal.size();
}
void disk::fail_operation(std::uint64_t n, errc code) {
  state_->failing[n] = code;
}
void disk::spoil_operation(std::uint64_t n, spoiled_read how) {
  state_->spoiled[n] = how;
}
void disk::fail_syncs(bool on) {
  state_->syncs_fail = on;
}
std::uint64_t disk::syncs_after_failure() const {
  return state_->syncs_after_failure;
}
void disk::set_read_only(bool on) {
  state_->read_only = on;
}
void disk::cut_off() {
  state_->gone = true;
}

void disk::set_capacity(std::uint64_t bytes) {
  state_->capacity = bytes;
  state_->limited = true;
}

void disk::plant_file(const std::string& path, std::string bytes) {
  const node_ptr f = state_->plant(path, env::file_kind::regular);
  f->live = content(std::move(bytes));
  f->synced = f->live;
}

void disk::plant_directory(const std::string& path) {
  state_->plant(path, env::file_kind::directory);
}

void disk::plant_other(const std::string& path) {
  state_->plant(path, env::file_kind::other);
}

void disk::set_open(const std::string& path, bool on) {
  const auto found = state_->find(path);
  ASSERT(found.has_value(), "nothing to open to others");
  (*found)->open_to_others = on;
}

void disk::set_unreadable(const std::string& path, bool on) {
  const auto found = state_->find(path);
  ASSERT(found.has_value(), "nothing to make unreadable");
  (*found)->unreadable = on;
}

void disk::bit_flip(const std::string& path, std::uint64_t offset, unsigned bit) {
  const auto found = state_->find(path);
  ASSERT(found.has_value() && offset < (*found)->live.size(), "no such byte");
  node& f = **found;
  const auto at = static_cast<std::size_t>(offset);
  f.live.flip(at, bit);
  if (at < f.synced.size()) f.synced.flip(at, bit);
  for (auto& op : state_->journal) {
    const bool holds = op.what == unsynced_op::type::append && op.target.get() == &f;
    if (holds && at < op.data.size()) op.data.flip(at, bit);
  }
}

std::optional<std::string> disk::synced_contents(const std::string& path) const {
  const node_ptr found = state_->find_synced(path);
  if (!found || found->kind != env::file_kind::regular) return std::nullopt;
  return std::string(found->synced.view());
}

std::optional<std::string> disk::synced_bytes(const std::string& path) const {
  const auto found = state_->find(path);
  if (!found || (*found)->kind != env::file_kind::regular) return std::nullopt;
  return std::string((*found)->synced.view());
}

std::vector<std::string> disk::synced_names(const std::string& directory) const {
  std::vector<std::string> names;
  const node_ptr found = state_->find_synced(directory);
  if (!found) return names;
  for (const auto& [name, child] : found->synced_entries) {
    if (child->kind == env::file_kind::regular) names.push_back(name);
  }
  return names;
}

std::uint64_t disk::used() const {
  return state_->used();
}

std::optional<std::string> disk::contents(const std::string& path) const {
  const auto found = state_->find(path);
  if (!found || (*found)->kind != env::file_kind::regular) return std::nullopt;
  return std::string((*found)->live.view());
}

static void add_files(const node& dir, const std::string& prefix, std::vector<std::string>& out) {
  for (const auto& [name, child] : dir.entries) {
    if (child->kind == env::file_kind::regular) out.push_back(prefix + name);
    add_files(*child, prefix + name + "/", out);
  }
}

std::vector<std::string> disk::files() const {
  std::vector<std::string> out;
  add_files(*state_->root, "/", out);
  return out;
}

}  // namespace oklog::sim
