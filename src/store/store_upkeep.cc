// The store's upkeep as the loop sees it: when to compact what, and what retention takes.
#include <algorithm>

#include "oklog/store/store_log.h"

namespace oklog {

namespace {

constexpr duration failure_pause = std::chrono::minutes(1);

std::string_view kind_name(compact_kind kind) {
  return kind == compact_kind::overlapping ? "Overlapping" : "Sequential";
}

}  // namespace

// Nobody writes to it any more, as far as can be seen from here: its window is over or an ingester
// has gone on to a higher shard, and nothing came in for a while.
bool store_log::at_rest(const partition& where, const partition_state& state) const {
  if (clock_->boot() - state.changed < config_.compact.quiet) return false;
  const std::int64_t now_ms = unix_ms(clock_->now());
  const auto end_ms = static_cast<std::int64_t>((where.window + 1) * window_ms);
  if (now_ms >= end_ms) return true;
  const auto next = partitions_.upper_bound(where);
  return next != partitions_.end() && next->first.window == where.window;
}

std::optional<compact_job> store_log::begin_compact() {
  if (compacting_) return std::nullopt;
  const boot_time now = clock_->boot();
  for (auto& [where, state] : partitions_) {
    if (marked_.contains(where)) continue;  // what was asked about must not change
    if (state.settled || now < state.not_before || retiring_.count(where.window) != 0) continue;
    const bool rest = at_rest(where, state);
    if (state.planned && !rest) continue;
    std::vector<segment_ptr> segments;
    for (const auto& [name, segment] : state.members) {
      if (damaged_.count(name) == 0) segments.push_back(segment);
    }
    if (segments.size() < 2) {
      state.planned = state.settled = true;
      continue;
    }
    // At rest the plan looks at every topic's ranges: that is for the pool.
    if (!rest && plan_compaction(segments, false, config_.compact).kind == compact_kind::none) {
      state.planned = true;
      continue;
    }
    compacting_ = where;
    compacting_revision_ = state.revision;
    compact_job job(*fs_, config_.path, unique(), config_.compact, std::move(segments), rest);
    job.begun_ = now;
    return job;
  }
  return std::nullopt;
}

result<compacted> store_log::end_compact(compact_job job) {
  const auto found = compacting_ ? partitions_.find(*compacting_) : partitions_.end();
  compacting_.reset();
  const duration took = clock_->boot() - job.begun_;
  if (!job.done_) {
    metrics_->observe_compaction(kind_name(job.kind_), job.inputs_, "Error", took);
    log_->error("compaction", {{"err", job.done_.error().what}, {"inputs", job.inputs_}});
    for (const std::string& name : job.damaged_) note_damage(name, job.done_.error().what);
    if (found != partitions_.end()) found->second.not_before = clock_->boot() + failure_pause;
    show();
    return job.done_;
  }
  const compacted& done = *job.done_;
  if (done.kind == compact_kind::none) {
    metrics_->observe_compaction("Sequential", 0, "NoSegmentsAvailable", took);
    if (found != partitions_.end() && found->second.revision == compacting_revision_) {
      found->second.planned = true;
      found->second.settled = job.at_rest_;
    }
    return job.done_;
  }
  metrics_->observe_compaction(kind_name(done.kind), done.inputs.size(), "OK", took);
  replace(done);
  show();
  return job.done_;
}

// Outputs for inputs. A partition at rest stays so: its own outputs are no news.
void store_log::replace(const compacted& done) {
  const partition where = done.inputs.front()->footer.partition;
  const boot_time changed = partitions_[where].changed;
  std::uint64_t bytes = 0;
  for (const segment_ptr& s : done.outputs) insert(s);
  for (const segment_ptr& s : done.inputs) {
    bytes += s->file_bytes;
    erase(s->name);
  }
  partitions_[where].changed = changed;
  metrics_->compacted_segments.add(static_cast<double>(done.inputs.size()));
  metrics_->compacted_bytes.add(static_cast<double>(bytes));
  metrics_->written_bytes.add(static_cast<double>(done.written_bytes));
  metrics_->equal_records_dropped.add(static_cast<double>(done.dropped));
  log_->info("compacted", {{"partition", format(where)},
                           {"inputs", done.inputs.size()},
                           {"outputs", done.outputs.size()},
                           {"read", bytes},
                           {"written", done.written_bytes},
                           {"dropped", done.dropped},
                           {"copied_blocks", done.copied_blocks},
                           {"encoded_blocks", done.encoded_blocks}});
  for (const error& e : done.unremoved) {
    log_->error("a compacted segment could not be removed: it goes at the next start",
                {{"err", e.what}});
  }
}

retention_job store_log::begin_retention(duration clock_offset) {
  const wall_time now = clock_->now();
  const std::uint64_t jumps = watch_.jumps();
  frozen_ = watch_.frozen(now, clock_->boot());
  if (watch_.jumps() != jumps) {
    metrics_->clock_jumps.add();
    log_->error("the wall clock jumped by more than an hour: retention stands still for a day",
                {{"now", format_rfc3339(now)}});
  }
  if (frozen_) return retention_job(*fs_, config_.path, {}, {});
  const wall_time old_by = now + std::min(clock_offset, duration::zero());
  std::map<std::uint64_t, std::uint64_t> sizes;
  for (const auto& [name, s] : live_) sizes[s->footer.partition.window] += s->file_bytes;
  std::vector<window_bytes> windows;
  for (const auto& [window, bytes] : sizes) windows.push_back({window, bytes});
  for (const std::uint64_t window : plan_retention(windows, old_by, config_.retention)) {
    // A compaction of it is under way, whose outputs must go too: next time.
    if (!compacting_ || compacting_->window != window) retiring_.insert(window);
  }
  std::vector<retention_job::renamed> trash;
  for (const auto& [name, s] : live_) {
    if (retiring_.count(s->footer.partition.window) == 0) continue;
    trash.push_back({name, name + "." + std::to_string(unix_ms(now)) + ".trashed"});
  }
  std::vector<std::string> names;
  for (const auto& [name, bytes] : trash_) names.push_back(name);
  return retention_job(*fs_, config_.path, std::move(trash),
                       purges_.due(names, now, clock_->boot(), config_.retention.purge));
}

store_log::retained store_log::end_retention(retention_job job) {
  retiring_.clear();
  retained done;
  done.frozen = frozen_;
  done.trashed = job.trashed_.size();
  done.purged = job.purged_.size();
  for (const auto& [from, to] : job.trashed_) {
    const auto found = live_.find(from);
    const std::uint64_t bytes = found == live_.end() ? 0 : found->second->file_bytes;
    erase(from);
    trash_[to] = bytes;
    metrics_->trashed_segments.add();
    metrics_->trashed_bytes.add(static_cast<double>(bytes));
  }
  for (const std::string& name : job.purged_) {
    metrics_->purged_segments.add();
    metrics_->purged_bytes.add(static_cast<double>(trash_[name]));
    trash_.erase(name);
  }
  metrics_->trash_failures.add(static_cast<double>(job.trash_.size() - job.trashed_.size()));
  metrics_->purge_failures.add(static_cast<double>(job.purge_.size() - job.purged_.size()));
  for (const error& e : job.errors_) log_->error("retention", {{"err", e.what}});
  if (done.trashed + done.purged > 0) {
    log_->info("retention", {{"trashed", done.trashed}, {"purged", done.purged}});
  }
  take_count(job.quarantined_);
  done.errors = std::move(job.errors_);
  show();
  return done;
}

}  // namespace oklog
