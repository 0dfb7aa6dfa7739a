#include "sim/disk_state.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog::sim {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

disk_state::disk_state() : root(std::make_shared<node>()) {
  root->kind = env::file_kind::directory;
}

result<> disk_state::begin_read(std::string_view what) {
  ++operations;
  if (gone) return fail(errc::io, std::string(what) + ": the machine is gone");
  const auto it = failing.find(operations);
  if (it == failing.end()) return {};
  return injected(it->second, what);
}

error disk_state::injected(errc code, std::string_view what) {
  const std::string says = "injected failure " + std::to_string(operations);
  if (failure_watcher) failure_watcher(std::string(what), says);
  return fail(code, std::string(what) + ": " + says);
}

void disk_state::call_hook() {
  if (!hook || in_hook || gone) return;
  in_hook = true;
  hook();
  in_hook = false;
}

result<> disk_state::begin_change(std::string_view what) {
  call_hook();
  TRY(begin_read(what));
  if (read_only) return fail(errc::io, std::string(what) + ": read-only file system");
  return {};
}

result<disk_state::place> disk_state::find_parent(std::string_view path) const {
  const auto parts = split_path(path);
  if (parts.empty()) return fail(errc::invalid, std::string(path) + ": has no name");
  node_ptr at = root;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "..") return fail(errc::invalid, std::string(path) + ": has a ..");
    if (at->kind != env::file_kind::directory) {
      return fail(errc::invalid, std::string(path) + ": not a directory on the way");
    }
    if (i + 1 == parts.size()) break;
    const auto it = at->entries.find(parts[i]);
    if (it == at->entries.end()) return fail(errc::not_found, std::string(path) + ": not found");
    at = it->second;
  }
  return place{at, parts.back()};
}

result<node_ptr> disk_state::find(std::string_view path) const {
  if (split_path(path).empty()) return root;
  TRY_LET(const place p, find_parent(path));
  const auto it = p.dir->entries.find(p.name);
  if (it == p.dir->entries.end()) {
    return fail(errc::not_found, std::string(path) + ": not found");
  }
  return it->second;
}

node_ptr disk_state::find_synced(std::string_view path) const {
  node_ptr at = root;
  for (const std::string& part : split_path(path)) {
    const auto it = at->synced_entries.find(part);
    if (it == at->synced_entries.end()) return nullptr;
    at = it->second;
  }
  return at;
}

result<node_ptr> disk_state::find_file(std::string_view path) const {
  TRY_LET(node_ptr f, find(path));
  if (f->kind != env::file_kind::regular) {
    return fail(errc::invalid, std::string(path) + ": not a plain file");
  }
  if (f->unreadable) return fail(errc::io, std::string(path) + ": permission denied");
  return f;
}

node_ptr disk_state::plant(std::string_view path, env::file_kind kind) {
  node_ptr at = root;
  const auto parts = split_path(path);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    node_ptr& child = at->entries[parts[i]];
    const bool keep = child && child->kind == env::file_kind::directory &&
                      (!last || kind == env::file_kind::directory);
    if (!keep) {
      child = std::make_shared<node>();
      child->kind = last ? kind : env::file_kind::directory;
    }
    at->synced_entries[parts[i]] = child;
    at = child;
  }
  return at;
}

static std::uint64_t bytes_under(const node& n) {
  std::uint64_t sum = n.bytes();
  for (const auto& [name, child] : n.entries) sum += bytes_under(*child);
  return sum;
}

std::uint64_t disk_state::used() const {
  return bytes_under(*root);
}

result<> disk_state::reserve(std::uint64_t more) const {
  if (!limited || more == 0 || used() + more <= capacity) return {};
  return fail(errc::no_space, "no space left on device");
}

void disk_state::sync_file(node& f) {
  prng unused(0);
  fate kept;
  kept.what = fate::type::kept;
  if (f.lost_writes) {
    for (const auto& op : journal) {
      if (op.is_data() && op.target.get() == &f) replay_data(op, kept, f.synced, unused);
    }
  } else {
    f.synced = f.live;
  }
  std::erase_if(journal, [&](const auto& op) { return op.is_data() && op.target.get() == &f; });
}

void disk_state::drop_dirty(node& f) {
  f.lost_writes = true;
  std::erase_if(journal, [&](const auto& op) { return op.is_data() && op.target.get() == &f; });
}

namespace {

// A later change of the same name is on disk: of what was before and never will be nothing comes
// back.
void supersede(std::vector<unsynced_op>& before, const node_ptr& dir, const std::string& name) {
  for (auto& op : before) {
    if (!op.never_syncs || op.to_dir != dir || op.to_name != name) continue;
    op.what = unsynced_op::type::unlink;  // of the name that it had
    op.to_dir = nullptr;
  }
  std::erase_if(before, [&](const auto& op) {
    const bool moves_on = op.what == unsynced_op::type::move;
    return op.never_syncs && !moves_on && op.dir == dir && op.name == name;
  });
}

}  // namespace

void disk_state::sync_entries(const node_ptr& dir) {
  std::vector<unsynced_op> rest;
  for (auto& op : journal) {
    const bool from_here = op.dir == dir;
    const bool to_here = op.to_dir == dir;
    if (op.never_syncs || (!from_here && !to_here)) {
      rest.push_back(std::move(op));
      continue;
    }
    if (to_here) supersede(rest, dir, op.to_name);
    if (from_here) supersede(rest, dir, op.name);
    if (op.what == unsynced_op::type::move) op.to_dir->synced_entries[op.to_name] = op.target;
    if (op.what == unsynced_op::type::link) dir->synced_entries[op.name] = op.target;
    if (op.what == unsynced_op::type::link) continue;
    if (from_here) {
      const auto old = dir->synced_entries.find(op.name);
      if (old != dir->synced_entries.end() && old->second == op.target) {
        dir->synced_entries.erase(old);
      }
      continue;
    }
    // The new name is safe; the old one, in another directory, may still come back.
    op.what = unsynced_op::type::unlink;
    op.to_dir = nullptr;
    rest.push_back(std::move(op));
  }
  journal = std::move(rest);
}

std::unique_ptr<disk> disk_state::as_disk(std::shared_ptr<disk_state> state) const {
  return std::unique_ptr<disk>(new disk(std::move(state)));
}

}  // namespace oklog::sim
