#include "oklog/store/retention.h"

#include <algorithm>

namespace oklog {

bool clock_watch::frozen(wall_time wall, boot_time boot) {
  const duration offset = wall.time_since_epoch() - boot.time_since_epoch();
  const auto far = [](duration a, duration b) { return std::chrono::abs(a - b) > clock_jump_max; };
  if (!offset_) {
    offset_ = offset;
    return false;
  }
  if (far(offset, *offset_)) {
    ++jumps_;
    if (!trusted_offset_) trusted_offset_ = offset_;
    frozen_since_ = boot;
  }
  offset_ = offset;
  if (!trusted_offset_) return false;
  if (!far(offset, *trusted_offset_) || boot - frozen_since_ >= clock_freeze) {
    trusted_offset_.reset();
  }
  return trusted_offset_.has_value();
}

std::vector<std::uint64_t> plan_retention(const std::vector<window_bytes>& windows, wall_time now,
                                          const retention_config& config) {
  std::vector<std::uint64_t> gone;
  const auto retain_ms = std::chrono::floor<std::chrono::milliseconds>(config.retain).count();
  const std::int64_t watermark = unix_ms(now) - retain_ms;
  std::uint64_t left = 0;
  for (const window_bytes& w : windows) left += w.bytes;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const std::uint64_t end_ms =
        (windows[i].window + 1) * window_ms;  // windows fit in 48 bits of ms
    const bool aged = watermark > 0 && end_ms <= static_cast<std::uint64_t>(watermark);
    const bool newest = i + 1 == windows.size();
    const bool over = config.retain_bytes != 0 && left > config.retain_bytes && !newest;
    if (!aged && !over) continue;
    gone.push_back(windows[i].window);
    left -= windows[i].bytes;
  }
  return gone;
}

std::vector<std::string> purge_watch::due(const std::vector<std::string>& trashed, wall_time wall,
                                          boot_time boot, duration purge) {
  const duration apart = std::min<duration>(std::chrono::hours(1), purge / 10);
  const std::int64_t purge_ms = std::chrono::ceil<std::chrono::milliseconds>(purge).count();
  std::map<std::string, boot_time> since;
  std::vector<std::string> now_due;
  for (const std::string& name : trashed) {
    const auto parsed = parse_store_name(name);
    if (!parsed || !parsed->in_trash()) continue;
    const std::int64_t now_ms = unix_ms(wall);
    if (parsed->trashed_ms > now_ms || now_ms - parsed->trashed_ms < purge_ms) continue;
    const auto before = since_.find(name);
    since[name] = before == since_.end() ? boot : before->second;
    if (before != since_.end() && boot - before->second >= apart) now_due.push_back(name);
  }
  since_ = std::move(since);
  return now_due;
}

retention_job::retention_job(env::filesystem& fs, std::string dir, std::vector<renamed> trash,
                             std::vector<std::string> purge)
    : fs_(&fs), dir_(std::move(dir)), trash_(std::move(trash)), purge_(std::move(purge)) {}

void retention_job::run() {
  for (renamed& r : trash_) {
    auto moved = fs_->rename(dir_ + "/" + r.from, dir_ + "/" + r.to);
    if (moved) {
      trashed_.push_back(std::move(r));
    } else {
      errors_.push_back(with_context("trash " + r.from, moved.error()));
    }
  }
  for (std::string& name : purge_) {
    auto removed = fs_->remove(dir_ + "/" + name);
    if (removed || removed.error().code == errc::not_found) {
      purged_.push_back(std::move(name));
    } else {
      errors_.push_back(with_context("purge " + name, removed.error()));
    }
  }
  if (!trashed_.empty() || !purged_.empty()) {
    auto synced = fs_->sync_dir(dir_);
    if (!synced) errors_.push_back(with_context("retention", synced.error()));
  }
  quarantined_ = count_quarantined(*fs_, dir_);
}

}  // namespace oklog
