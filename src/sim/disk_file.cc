#include <algorithm>

#include "sim/disk_state.h"

namespace oklog::sim {
namespace {

class sim_file final : public env::file {
 public:
  sim_file(std::shared_ptr<disk_state> disk, node_ptr f, bool writable, std::string path)
      : disk_(std::move(disk)), node_(std::move(f)), writable_(writable), path_(std::move(path)) {}

  result<> append(std::string_view bytes) override;
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) override;
  result<std::uint64_t> size() override;
  result<> sync() override;
  result<> truncate(std::uint64_t size) override;
  result<> preallocate(std::uint64_t bytes) override;

 private:
  result<> begin_change(std::string_view what);
  void add(std::string_view bytes);
  std::size_t spoil(spoiled_read how, std::uint64_t offset, char* out, std::size_t size) const;

  std::shared_ptr<disk_state> disk_;
  node_ptr node_;
  bool writable_;
  std::string path_;
  bool sync_failed_ = false;
};

result<> sim_file::begin_change(std::string_view what) {
  const std::string sentence = std::string(what) + " " + path_;
  TRY(disk_->begin_change(sentence));
  if (!writable_) return fail(errc::io, sentence + ": opened for reading");
  return {};
}

void sim_file::add(std::string_view bytes) {
  if (bytes.empty()) return;
  unsynced_op op{.what = unsynced_op::type::append, .target = node_};
  op.offset = node_->live.size();
  op.size = bytes.size();
  node_->live.append(bytes);
  op.data = node_->live;
  disk_->journal.push_back(std::move(op));
}

result<> sim_file::append(std::string_view bytes) {
  if (auto begun = begin_change("append"); !begun) {
    const bool partly = writable_ && !disk_->read_only && !disk_->gone;
    if (partly) add(bytes.substr(0, bytes.size() / 2));
    return begun;
  }
  const std::uint64_t end = node_->live.size() + bytes.size();
  const std::uint64_t more = end > node_->bytes() ? end - node_->bytes() : 0;
  if (auto room = disk_->reserve(more); !room) {
    const std::uint64_t used = disk_->used();
    const std::uint64_t left = disk_->capacity > used ? disk_->capacity - used : 0;
    const std::uint64_t fits = node_->bytes() - node_->live.size() + left;
    add(bytes.substr(0, static_cast<std::size_t>(fits)));
    return with_context("append " + path_, std::move(room).error());
  }
  add(bytes);
  return {};
}

result<std::size_t> sim_file::read_at(std::uint64_t offset, char* out, std::size_t size) {
  TRY(disk_->begin_read("read " + path_));
  const std::string_view all = node_->live.view();
  if (offset >= all.size()) return std::size_t{0};
  if (const auto how = disk_->spoiled.find(disk_->operations); how != disk_->spoiled.end()) {
    return spoil(how->second, offset, out, size);
  }
  return all.substr(static_cast<std::size_t>(offset)).copy(out, size);
}

std::size_t sim_file::spoil(spoiled_read how, std::uint64_t offset, char* out,
                            std::size_t size) const {
  const std::string_view all = node_->live.view();
  const std::size_t n = std::min(size, all.size() - static_cast<std::size_t>(offset));
  if (how == spoiled_read::cut)
    return all.substr(static_cast<std::size_t>(offset)).copy(out, n / 2);
  const auto away = static_cast<std::size_t>(offset) + std::max<std::size_t>(all.size() / 2, 1);
  for (std::size_t i = 0; i < n; ++i) out[i] = all[(away + i) % all.size()];
  return n;
}

result<std::uint64_t> sim_file::size() {
  TRY(disk_->begin_read("stat " + path_));
  return std::uint64_t{node_->live.size()};
}

result<> sim_file::sync() {
  auto begun = begin_change("sync");
  if (sync_failed_) ++disk_->syncs_after_failure;
  if (begun && disk_->syncs_fail) begun = disk_->injected(errc::io, "sync " + path_);
  if (!begun) {
    sync_failed_ = true;
    if (!disk_->gone) disk_->drop_dirty(*node_);
    return begun;
  }
  disk_->sync_file(*node_);
  return {};
}

result<> sim_file::truncate(std::uint64_t size) {
  TRY(begin_change("truncate"));
  if (size == node_->live.size()) return {};
  if (size > node_->bytes()) {
    TRY(disk_->reserve(size - node_->bytes()));
  }
  node_->live.resize(static_cast<std::size_t>(size));
  node_->reserved = 0;  // as ftruncate does
  unsynced_op op{.what = unsynced_op::type::truncate, .target = node_};
  op.size = size;
  disk_->journal.push_back(std::move(op));
  return {};
}

result<> sim_file::preallocate(std::uint64_t bytes) {
  TRY(begin_change("preallocate"));
  const std::uint64_t end = node_->live.size() + bytes;
  if (end <= node_->bytes()) return {};
  if (auto room = disk_->reserve(end - node_->bytes()); !room) {
    return with_context("preallocate " + path_, std::move(room).error());
  }
  node_->reserved = end;
  return {};
}

}  // namespace

std::unique_ptr<env::file> make_file(std::shared_ptr<disk_state> disk, node_ptr f, bool writable,
                                     std::string path) {
  return std::make_unique<sim_file>(std::move(disk), std::move(f), writable, std::move(path));
}

}  // namespace oklog::sim
