#include "oklog/store/damage.h"

#include "oklog/segment/directory.h"
#include "oklog/store/quarantine.h"
#include "oklog/store/store_log.h"

namespace oklog {

damage_job::damage_job(env::filesystem& fs, std::string dir, kind what, std::string aside)
    : fs_(&fs), dir_(std::move(dir)), what_(what), aside_(std::move(aside)) {}

void damage_job::run() {
  const auto work = [this]() -> result<> {
    if (what_ == kind::compared) return mark_all_compared(*fs_, dir_);
    if (what_ == kind::lost) return mark_rest_lost(*fs_, dir_);
    // The mark first: a crash in between leaves the file live, and its name marked for nothing.
    TRY(mark_compared(*fs_, dir_, {aside_}));
    return move_to_quarantine(*fs_, dir_, aside_);
  };
  done_ = work();
  count_ = count_quarantined(*fs_, dir_);
}

bool store_log::note_damage(const std::string& name, const std::string& why) {
  const auto at = live_.find(name);
  if (at == live_.end() || !damaged_.insert(name).second) return false;
  log_->error("segment damaged", {{"file", name}, {"err", why}});
  show();
  return true;
}

void store_log::note_sound(const std::string& name) {
  if (damaged_.erase(name) == 0) return;
  const auto at = live_.find(name);
  if (at != live_.end()) {
    // It was left out of what was planned for its partition.
    partition_state& state = partitions_[at->second->footer.partition];
    state.planned = state.settled = false;
  }
  log_->info("segment read whole, it is not damaged", {{"file", name}});
  show();
}

std::vector<segment_ptr> store_log::damaged() const {
  std::vector<segment_ptr> all;
  for (const std::string& name : damaged_) {
    const auto at = live_.find(name);
    if (at != live_.end()) all.push_back(at->second);
  }
  return all;
}

std::vector<segment_ptr> store_log::sound_members(const partition& where) const {
  std::vector<segment_ptr> all;
  const auto at = partitions_.find(where);
  if (at == partitions_.end()) return all;
  for (const auto& [name, segment] : at->second.members) {
    if (damaged_.count(name) == 0) all.push_back(segment);
  }
  return all;
}

std::optional<compact_job> store_log::begin_anew(const std::string& name) {
  const auto at = live_.find(name);
  if (at == live_.end() || damaged_.count(name) == 0) return std::nullopt;
  return compact_job(*fs_, config_.path, unique(), config_.compact, at->second);
}

result<> store_log::end_anew(compact_job job) {
  if (!job.done_) return job.done_.error();
  const compacted& done = *job.done_;
  for (const segment_ptr& s : done.outputs) insert(s);
  metrics_->written_bytes.add(static_cast<double>(done.written_bytes));
  log_->info("the records of a damaged segment can all be read: it was written anew",
             {{"file", done.inputs.front()->name}, {"written", done.written_bytes}});
  show();
  return {};
}

std::optional<damage_job> store_log::begin_set_aside(const std::string& name) {
  const bool retiring =
      live_.contains(name) && retiring_.contains(live_.at(name)->footer.partition.window);
  if (mending_ || damaged_.count(name) == 0 || retiring) return std::nullopt;
  mending_ = true;
  return damage_job(*fs_, config_.path, damage_job::kind::set_aside, name);
}

std::optional<damage_job> store_log::begin_quarantine_compared() {
  if (mending_ || quarantined() == 0) return std::nullopt;
  mending_ = true;
  return damage_job(*fs_, config_.path, damage_job::kind::compared);
}

std::optional<damage_job> store_log::begin_quarantine_lost() {
  if (mending_ || quarantined_ == 0) return std::nullopt;
  mending_ = true;
  return damage_job(*fs_, config_.path, damage_job::kind::lost);
}

result<> store_log::end_damage(damage_job job) {
  mending_ = false;
  if (!job.done_) {
    log_->error("quarantine", {{"err", job.done_.error().what}});
    return job.done_;
  }
  if (job.what_ == damage_job::kind::set_aside) erase(job.aside_);
  if (job.what_ == damage_job::kind::compared) unreadable_ = 0;
  take_count(job.count_);
  show();
  return job.done_;
}

// Where it could not be counted, what was counted before stands.
void store_log::take_count(const result<quarantine_count>& counted) {
  if (!counted) {
    log_->error("counting what lies in quarantine", {{"err", counted.error().what}});
    return;
  }
  quarantined_ = counted->uncompared;
  compared_ = counted->compared;
}

}  // namespace oklog
