#include "oklog/store/store_log.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "oklog/segment/names.h"

namespace oklog {

namespace {

// File ids: the moment, a number for this run of the process, a counter of jobs.
constexpr std::uint64_t ids_a_job = 1 << 16;

std::uint64_t run_number(const std::string& store_id, wall_time wall, boot_time boot) {
  std::string bytes = store_id;
  put_int(bytes, static_cast<std::uint64_t>(wall.time_since_epoch().count()));
  put_int(bytes, static_cast<std::uint64_t>(boot.time_since_epoch().count()));
  return xxh3_64(bytes) & ulid::stream_max;
}

}  // namespace

store_log::store_log(env::filesystem& fs, const env::clock& clock, store_config config,
                     store_metrics& metrics, logger& log)
    : fs_(&fs), clock_(&clock), config_(std::move(config)), metrics_(&metrics), log_(&log) {}

store_snapshot store_log::snapshot(const ulid& min, const ulid& max) const {
  store_snapshot s;
  s.quarantined = quarantined();
  for (const auto& [name, segment] : live_) {
    if (segment->footer.max < min || max < segment->footer.min) continue;
    s.segments.push_back(segment);
  }
  return s;
}

std::vector<block_ref> store_snapshot::blocks(const ulid& min, const ulid& max) const {
  std::vector<block_ref> all;
  for (const segment_ptr& segment : segments) {
    std::vector<block_ref> some = segment->blocks(min, max);
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

store_snapshot store_snapshot::only(const std::vector<partition>& which) const {
  store_snapshot some;
  some.quarantined = quarantined;
  for (const segment_ptr& segment : segments) {
    const partition& where = segment->footer.partition;
    if (std::binary_search(which.begin(), which.end(), where)) some.segments.push_back(segment);
  }
  return some;
}

std::vector<segment_ptr> store_log::live() const {
  std::vector<segment_ptr> all;
  all.reserve(live_.size());
  for (const auto& [name, segment] : live_) all.push_back(segment);
  return all;
}

store_totals store_log::totals() const {
  store_totals t;
  t.partitions = partitions_.size();
  for (const auto& [name, segment] : live_) t.records += segment->footer.digest.count;
  for (const auto& [name, bytes] : trash_) t.trash_bytes += bytes;
  if (partitions_.empty()) return t;
  t.oldest_window = partitions_.begin()->first.window;
  t.newest_window = partitions_.rbegin()->first.window;
  return t;
}

ulid store_log::unique() {
  if (run_ == 0) run_ = run_number(store_id(), clock_->now(), clock_->boot());
  const std::int64_t ms = std::max<std::int64_t>(unix_ms(clock_->now()), 0);
  return ulid::make(static_cast<std::uint64_t>(ms) & ulid::ms_max, run_,
                    (++counter_ * ids_a_job) & ulid::seq_max);
}

// By its footer: names carry no truth (C8).
void store_log::insert(segment_ptr segment) {
  partition_state& state = partitions_[segment->footer.partition];
  state.changed = clock_->boot();
  ++state.revision;
  state.planned = state.settled = false;
  bytes_ += segment->file_bytes;
  const std::string name = segment->name;
  state.members[name] = segment;
  live_[name] = std::move(segment);
}

void store_log::erase(const std::string& name) {
  const auto found = live_.find(name);
  if (found == live_.end()) return;
  bytes_ -= found->second->file_bytes;
  damaged_.erase(name);
  const partition where = found->second->footer.partition;
  live_.erase(found);
  const auto home = partitions_.find(where);
  home->second.members.erase(name);
  if (home->second.members.empty()) partitions_.erase(home);
}

void store_log::show() {
  metrics_->segments.set(static_cast<double>(live_.size()));
  metrics_->segment_bytes.set(static_cast<double>(bytes_));
  std::uint64_t trash_bytes = 0;
  for (const auto& [name, bytes] : trash_) trash_bytes += bytes;
  metrics_->trash_segments.set(static_cast<double>(trash_.size()));
  metrics_->trash_bytes.set(static_cast<double>(trash_bytes));
  metrics_->quarantined_files.set(static_cast<double>(quarantined()));
  metrics_->compared_files.set(static_cast<double>(compared_));
  metrics_->damaged_segments.set(static_cast<double>(damaged_.size()));
  metrics_->foreign_files.set(static_cast<double>(foreign_));
  metrics_->retention_frozen.set(frozen_ ? 1 : 0);
}

consume_job store_log::begin_consume(std::vector<consume_input> inputs) {
  return begin_consume(std::move(inputs), store_placement{{store_id()}, 1});
}

consume_job store_log::begin_consume(std::vector<consume_input> inputs, store_placement placement) {
  return consume_job(*fs_, config_.path, store_id(), unique(), std::move(placement),
                     std::move(inputs));
}

result<consumed> store_log::end_consume(consume_job job) {
  if (!job.done_) {
    metrics_->consume_failures.add();
    log_->error("consume", {{"err", job.done_.error().what}});
    return job.done_;
  }
  for (segment_ptr& segment : job.opened_) {
    const auto name = parse_store_name(segment->name);
    if (name && name->state == segment_state::active) {
      staged_[segment->name] = std::move(segment);
    } else {
      insert(std::move(segment));
    }
  }
  const consumed& done = *job.done_;
  for (const consumed_segment& s : done.segments) {
    metrics_->consumed_segments.add();
    metrics_->consumed_bytes.add(static_cast<double>(s.file_bytes));
    if (s.damaged_blocks == 0) continue;
    metrics_->damaged_blocks.add(static_cast<double>(s.damaged_blocks));
    log_->error("ingest segment damaged, consumed without the bad blocks",
                {{"segment", s.what.id},
                 {"ingester", s.what.ingester},
                 {"blocks", s.damaged_blocks},
                 {"records", s.records}});
  }
  metrics_->equal_records_dropped.add(static_cast<double>(done.dropped));
  metrics_->ulid_conflicts.add(static_cast<double>(done.conflicts));
  metrics_->written_bytes.add(static_cast<double>(done.written_bytes));
  show();
  return job.done_;
}

segment_ptr store_log::find(const std::string& name) const {
  if (const auto at = live_.find(name); at != live_.end()) return at->second;
  const auto at = staged_.find(name);
  return at == staged_.end() ? nullptr : at->second;
}

discard_job store_log::begin_discard(const std::vector<std::string>& names) {
  discard_job job{fs_, {}, {}};
  for (const std::string& name : names) {
    if (staged_.erase(name) > 0) job.paths.push_back(directory_->file(name));
  }
  return job;
}

bool store_log::has_piece(const partition& where, const hash128& hash) const {
  const auto at = partitions_.find(where);
  if (at == partitions_.end()) return false;
  return std::any_of(at->second.members.begin(), at->second.members.end(), [&](const auto& m) {
    return m.second->footer.file_hash == hash && damaged_.count(m.first) == 0;
  });
}

receive_job store_log::begin_receive(const partition& where) {
  return receive_job(*fs_, config_.path, where, format(unique()));
}

void store_log::end_receive(receive_job job) {
  ASSERT(job.done_ != nullptr, "a piece that was received is published");
  metrics_->written_bytes.add(static_cast<double>(job.bytes_));
  insert(job.done_);
  show();
}

}  // namespace oklog
