#include "oklog/sim/disk.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "sim/disk_state.h"

namespace oklog::sim {

using op_type = unsynced_op::type;

disk::disk() : state_(std::make_shared<disk_state>()) {}
disk::disk(std::shared_ptr<disk_state> state) : state_(std::move(state)) {}
disk::~disk() = default;

result<std::unique_ptr<env::file>> disk::open_read(const std::string& path) {
  TRY(state_->begin_read("open " + path));
  TRY_LET(node_ptr f, state_->find_file(path));
  return make_file(state_, std::move(f), false, path);
}

result<std::unique_ptr<env::file>> disk::create(const std::string& path) {
  TRY(state_->begin_change("create " + path));
  TRY_LET(auto at, state_->find_parent(path));
  if (at.dir->entries.contains(at.name)) return fail(errc::conflict, path + ": exists");
  if (auto room = state_->reserve(1); !room) {
    return with_context("create " + path, std::move(room).error());
  }
  auto f = std::make_shared<node>();
  at.dir->entries[at.name] = f;
  unsynced_op op{.what = op_type::link, .target = f};
  op.dir = at.dir;
  op.name = at.name;
  state_->journal.push_back(std::move(op));
  return make_file(state_, std::move(f), true, path);
}

result<std::unique_ptr<env::file>> disk::open_append(const std::string& path) {
  TRY(state_->begin_read("open " + path));
  TRY_LET(node_ptr f, state_->find_file(path));
  if (state_->read_only) return fail(errc::io, "open " + path + ": read-only file system");
  return make_file(state_, std::move(f), true, path);
}

result<> disk::rename(const std::string& from, const std::string& to) {
  TRY(state_->begin_change("rename " + from));
  TRY_LET(auto a, state_->find_parent(from));
  TRY_LET(auto b, state_->find_parent(to));
  const auto it = a.dir->entries.find(a.name);
  if (it == a.dir->entries.end()) return fail(errc::not_found, from + ": not found");
  const node_ptr moved = it->second;
  const auto old = b.dir->entries.find(b.name);
  if (old != b.dir->entries.end()) {
    if (old->second == moved) return {};
    const bool dir = moved->kind == env::file_kind::directory;
    const bool old_dir = old->second->kind == env::file_kind::directory;
    if (dir != old_dir || (old_dir && !old->second->entries.empty())) {
      return fail(errc::invalid, "rename " + from + " to " + to + ": the new name is in use");
    }
  }
  if (state_->name_watcher) state_->name_watcher(from, to);
  a.dir->entries.erase(it);
  b.dir->entries[b.name] = moved;
  unsynced_op op{.what = op_type::move, .target = moved};
  op.dir = a.dir;
  op.name = a.name;
  op.to_dir = b.dir;
  op.to_name = b.name;
  state_->journal.push_back(std::move(op));
  return {};
}

result<> disk::remove(const std::string& path) {
  TRY(state_->begin_change("remove " + path));
  TRY_LET(auto at, state_->find_parent(path));
  const auto it = at.dir->entries.find(at.name);
  if (it == at.dir->entries.end()) return fail(errc::not_found, path + ": not found");
  if (it->second->kind == env::file_kind::directory) {
    return fail(errc::invalid, "remove " + path + ": is a directory");
  }
  if (state_->name_watcher) state_->name_watcher(path, "");
  unsynced_op op{.what = op_type::unlink, .target = it->second};
  op.dir = at.dir;
  op.name = at.name;
  at.dir->entries.erase(it);
  state_->journal.push_back(std::move(op));
  return {};
}

result<> disk::sync_dir(const std::string& path) {
  auto begun = state_->begin_change("sync_dir " + path);
  TRY_LET(const node_ptr dir, state_->find(path));
  if (dir->kind != env::file_kind::directory) {
    return fail(errc::invalid, path + ": not a directory");
  }
  if (!begun) {
    for (auto& op : state_->journal) {
      if (op.dir == dir || op.to_dir == dir) op.never_syncs = true;
    }
    return begun;
  }
  state_->sync_entries(dir);
  return {};
}

result<> disk::make_dirs(const std::string& path) {
  node_ptr at = state_->root;
  for (const auto& part : split_path(path)) {
    if (at->kind != env::file_kind::directory) return fail(errc::invalid, path + ": in use");
    if (const auto it = at->entries.find(part); it != at->entries.end()) {
      at = it->second;
      continue;
    }
    TRY(state_->begin_change("mkdir " + path));
    TRY(state_->reserve(1));
    auto child = std::make_shared<node>();
    child->kind = env::file_kind::directory;
    at->entries[part] = child;
    unsynced_op op{.what = op_type::link, .target = child};
    op.dir = at;
    op.name = part;
    state_->journal.push_back(std::move(op));
    TRY(state_->begin_change("sync_dir " + path));
    state_->sync_entries(at);
    at = std::move(child);
  }
  if (at->kind != env::file_kind::directory) return fail(errc::invalid, path + ": in use");
  if (state_->gone) return fail(errc::io, path + ": the machine is gone");
  return {};
}

result<std::vector<env::dir_entry>> disk::list(const std::string& path) {
  TRY(state_->begin_read("list " + path));
  TRY_LET(const node_ptr dir, state_->find(path));
  if (dir->kind != env::file_kind::directory) {
    return fail(errc::invalid, path + ": not a directory");
  }
  if (dir->unreadable) return fail(errc::io, path + ": permission denied");
  std::vector<env::dir_entry> out;
  for (const auto& [name, child] : dir->entries) {
    env::dir_entry entry{name, child->kind, child->live.size()};
    out.push_back(std::move(entry));
  }
  return out;
}

result<bool> disk::readable_by_others(const std::string& path) {
  TRY(state_->begin_read("stat " + path));
  TRY_LET(const auto found, state_->find(path));
  return found->open_to_others;
}

result<env::disk_space> disk::space(const std::string& path) {
  TRY(state_->begin_read("space " + path));
  TRY(state_->find(path));
  const std::uint64_t used = state_->used();
  const std::uint64_t free = state_->capacity > used ? state_->capacity - used : 0;
  return env::disk_space{free, state_->capacity};
}

namespace {

class sim_lock final : public env::file_lock {
 public:
  explicit sim_lock(node_ptr held) : held_(std::move(held)) {}
  ~sim_lock() override { held_->locked = false; }

 private:
  node_ptr held_;
};

}  // namespace

result<std::unique_ptr<env::file_lock>> disk::lock(const std::string& path) {
  if (auto found = state_->find(path); !found) {
    if (found.error().code != errc::not_found) return std::move(found).error();
    TRY(create(path));
  } else {
    TRY(state_->begin_read("lock " + path));
  }
  TRY_LET(node_ptr f, state_->find(path));
  if (f->kind != env::file_kind::directory) {
    TRY_LET(f, state_->find_file(path));
  }
  if (f->locked) return fail(errc::busy, path + ": locked by somebody else");
  f->locked = true;
  std::unique_ptr<env::file_lock> out = std::make_unique<sim_lock>(std::move(f));
  return out;
}

}  // namespace oklog::sim
