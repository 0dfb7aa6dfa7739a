#include "oklog/store/release.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oklog/store/store_log.h"

namespace oklog {
namespace {

constexpr std::uint64_t releasing_bytes_max = 64 * 1024 * 1024;

}  // namespace

mark_job::mark_job(env::filesystem& fs, std::string dir, std::set<partition> marked)
    : fs_(&fs), dir_(std::move(dir)), marked_(std::move(marked)) {}

void mark_job::run() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const partition& p : marked_) all.push_back({{"window", p.window}, {"shard", p.shard}});
  done_ = env::write_file(*fs_, dir_, releasing_name, all.dump() + "\n");
}

std::set<partition> read_marks(env::filesystem& fs, const std::string& dir) {
  std::set<partition> marks;
  const auto text = env::read_file(fs, dir + "/" + releasing_name, releasing_bytes_max);
  if (!text) return marks;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_array()) return marks;
  for (const auto& j : json) {
    if (!j.is_object()) continue;
    const auto window = j.find("window");
    const auto shard = j.find("shard");
    const bool whole = window != j.end() && shard != j.end() && window->is_number_unsigned() &&
                       shard->is_number_unsigned();
    if (whole) marks.insert({window->get<std::uint64_t>(), shard->get<std::uint32_t>()});
  }
  return marks;
}

std::optional<mark_job> store_log::begin_mark(const partition& where, bool on) {
  if (marking_ || marked_.contains(where) == on) return std::nullopt;
  marking_ = true;
  std::set<partition> marks = marked_;
  if (on) {
    marks.insert(where);
  } else {
    marks.erase(where);
  }
  // Of what is gone nothing is to be remembered.
  std::erase_if(marks, [this](const partition& p) { return !partitions_.contains(p); });
  return mark_job(*fs_, config_.path, std::move(marks));
}

result<> store_log::end_mark(mark_job job) {
  marking_ = false;
  if (!job.done_) {
    log_->error("marking what is released", {{"err", job.done_.error().what}});
    return job.done_;
  }
  marked_ = std::move(job.marked_);
  return {};
}

std::optional<retention_job> store_log::begin_release(const std::vector<std::string>& names) {
  const std::int64_t now_ms = unix_ms(clock_->now());
  std::vector<retention_job::renamed> trash;
  for (const std::string& name : names) {
    const auto at = live_.find(name);
    if (at == live_.end() || !marked_.contains(at->second->footer.partition)) return std::nullopt;
    if (retiring_.contains(at->second->footer.partition.window)) return std::nullopt;
    trash.push_back({name, name + "." + std::to_string(now_ms) + ".released"});
  }
  return retention_job(*fs_, config_.path, std::move(trash), {});
}

bool store_log::end_release(retention_job job) {
  for (const auto& [from, to] : job.trashed_) {
    const auto found = live_.find(from);
    const std::uint64_t bytes = found == live_.end() ? 0 : found->second->file_bytes;
    erase(from);
    trash_[to] = bytes;
    metrics_->released_segments.add();
    metrics_->released_bytes.add(static_cast<double>(bytes));
  }
  for (const error& e : job.errors_) log_->error("release", {{"err", e.what}});
  show();
  return job.errors_.empty();
}

}  // namespace oklog
