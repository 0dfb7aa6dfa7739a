#include "oklog/ingest/ingest_log.h"

#include <algorithm>
#include <utility>

#include "ingest/queue_entry.h"
#include "ingest/recovery.h"
#include "oklog/base/assert.h"

namespace oklog::ingest {

ingest_log::ingest_log(env::filesystem& fs, ingest_config config, ingest_metrics& metrics,
                       logger& log, prng random)
    : fs_(&fs),
      config_(std::move(config)),
      metrics_(&metrics),
      log_(&log),
      random_(random),
      inbox_(config_.receive, metrics) {}

ingest_log::~ingest_log() = default;

result<std::unique_ptr<ingest_log>> ingest_log::open(env::filesystem& fs, const std::string& path,
                                                     ingest_config config, ingest_metrics& metrics,
                                                     logger& log, prng random, wall_time now) {
  std::unique_ptr<ingest_log> made(new ingest_log(fs, std::move(config), metrics, log, random));
  auto dir = data_directory::open(fs, path, segment_kind::ingest, made->new_id(now));
  if (!dir) return std::move(dir).error();
  made->dir_ = std::move(*dir);
  TRY_LET(auto found, recover(fs, *made->dir_, made->shards_, metrics, log));
  for (recovered_segment& r : found) {
    auto s = std::make_unique<segment>();
    s->content = std::move(r.content);
    s->file_name = flushed_name(s->content.id);
    s->damaged = r.damaged;
    s->min = r.min;
    s->max = r.max;
    made->add_segment(std::move(s));
  }
  made->measure_queue();
  return made;
}

std::string ingest_log::new_id(wall_time now) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, unix_ms(now)));
  last_id_ms_ = std::max(last_id_ms_, std::min(ms, ulid::ms_max));
  for (;;) {
    const std::uint64_t high = random_.next() & ulid::stream_max;
    const std::uint64_t low = random_.next() & ulid::seq_max;
    const std::string id = format(ulid::make(last_id_ms_, high, low));
    // By chance never; but a rename over another segment would lose it.
    if (find(id) == nullptr) return id;
  }
}

ingest_log::segment* ingest_log::find(std::string_view id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : queue_.at(at->second).get();
}

void ingest_log::add_segment(std::unique_ptr<segment> found) {
  found->order = next_order_++;
  by_id_.emplace(found->content.id, found->order);
  queue_.emplace(found->order, std::move(found));
}

void ingest_log::forget(segment& gone) {
  by_id_.erase(gone.content.id);
  queue_.erase(gone.order);  // and with it `gone`
}

void ingest_log::measure_queue() {
  const queue_state q = queue();
  metrics_->unconsumed_segments.set(static_cast<double>(q.segments));
  metrics_->unconsumed_bytes.set(static_cast<double>(q.bytes));
}

void ingest_log::back_off(boot_time boot, boot_time& not_before, const error& why) {
  constexpr duration first = std::chrono::milliseconds(100);
  constexpr duration longest = std::chrono::seconds(2);
  metrics_->write_failures.add();
  if (backoff_ == duration::zero()) {
    log_->error("writing to disk failed; nothing is lost, trying again",
                {{"code", name(why.code)}, {"err", why.what}});
  }
  backoff_ = std::clamp(backoff_ * 2, first, longest);
  not_before = boot + backoff_;
}

boot_time ingest_log::next_due() const {
  boot_time due = boot_time::max();
  if (!writing_ && !active_full()) {
    boot_time write = inbox_.seal_due();
    if (!inbox_.sealed().empty() || !again_.empty() || inbox_.durable_waiting()) {
      write = boot_time::min();
    }
    if (active_ && !active_->kept.empty()) {
      write = std::min(write, active_->unsynced_since + config_.sync_age);
    }
    due = std::max(write, write_not_before_);
  }
  if (!flush_running_) {
    boot_time flush = boot_time::max();
    if (active_ && active_->records > 0) flush = active_->first_record + config_.flush_age;
    const bool rescued = std::any_of(poisoned_.begin(), poisoned_.end(), [&](const auto& bad) {
      return bad->last_serial <= synced_through();
    });
    if (flushing_ || rescued || (active_full() && !writing_)) flush = boot_time::min();
    due = std::min(due, std::max(flush, flush_not_before_));
  }
  return due;
}

std::uint64_t ingest_log::synced_through() const {
  std::uint64_t lowest = written_ + 1;
  if (active_ && !active_->kept.empty()) lowest = std::min(lowest, active_->kept.front().serial);
  if (flushing_ && !flushing_->kept.empty()) {
    lowest = std::min(lowest, flushing_->kept.front().serial);
  }
  if (!again_.empty()) lowest = std::min(lowest, again_.front().serial);
  if (again_low_ != 0) lowest = std::min(lowest, again_low_);
  return lowest - 1;
}

bool ingest_log::drained() const {
  return inbox_.open_empty() && inbox_.sealed().empty() && again_.empty() && !writing_ &&
         !flush_running_ && (!active_ || active_->records == 0) && !flushing_ && !retiring_ &&
         poisoned_.empty();
}

}  // namespace oklog::ingest
