// ingest_log: from the active segment into the queue.

#include <algorithm>
#include <utility>

#include "ingest/queue_entry.h"
#include "oklog/base/assert.h"
#include "oklog/segment/store_segment.h"

namespace oklog::ingest {

std::optional<flush_job> ingest_log::begin_flush(boot_time boot, bool everything) {
  if (flush_running_ || boot < flush_not_before_) return std::nullopt;
  if (auto retire = begin_retire()) return retire;
  // One whose trailer found no room is still there.
  if (!flushing_ && !choose_flush(boot, everything)) return std::nullopt;

  flush_job job;
  job.fs = fs_;
  job.dir = dir_->path();
  job.id = flushing_->id;
  job.shard = flushing_->shard;
  job.writer = std::move(flushing_->writer);
  flush_running_ = true;
  return job;
}

bool ingest_log::choose_flush(boot_time boot, bool everything) {
  if (writing_ || !active_ || active_->records == 0) return false;
  const bool old = boot >= active_->first_record + config_.flush_age;
  if (active_full()) {
    active_->reason = &metrics_->flushes_size;
  } else if (old) {
    active_->reason = &metrics_->flushes_age;
  } else if (everything) {
    active_->reason = &metrics_->flushes_asked;
  } else {
    return false;
  }
  active_->shard = shards_.take(window_of(active_->refs.front().min), active_->file_bytes);
  metrics_->flush_age_seconds.observe(
      std::chrono::duration<double>(boot - active_->first_record).count());
  flushing_ = std::move(active_);
  return true;
}

result<> ingest_log::end_flush(flush_job job, boot_time boot) {
  ASSERT(flush_running_, "end_flush without begin_flush");
  flush_running_ = false;
  if (retiring_) {
    end_retire(job);
  } else if (job.finished) {
    metrics_->syncs.add();
    metrics_->flush_size_bytes.observe(static_cast<double>(job.writer->file_bytes()));
    add_flushed(*flushing_, job.writer->file_bytes(), job.shard, job.renamed);
    flushing_.reset();
  } else if (job.outcome.error().code == errc::no_space && !job.writer->poisoned()) {
    flushing_->writer = std::move(job.writer);  // the same again when there is room
  } else {
    poison(std::move(flushing_), job.outcome.error());
  }
  measure_queue();
  if (job.outcome) return {};
  back_off(boot, flush_not_before_, job.outcome.error());
  return job.outcome.error();
}

void ingest_log::add_flushed(active_segment& done, std::uint64_t bytes, std::uint32_t shard,
                             bool renamed) {
  ASSERT(!done.refs.empty(), "only a segment with records is flushed");
  auto s = std::make_unique<segment>();
  s->content.id = done.id;
  s->content.shard = shard;
  s->content.file = done.refs.front().file;
  s->content.bytes = bytes;
  for (const block_ref& ref : done.refs) {
    s->content.records += ref.records;
    s->content.raw_bytes += ref.raw_bytes;
    s->min = std::min(s->min, ref.min);
    s->max = std::max(s->max, ref.max);
  }
  s->content.blocks = std::make_shared<const std::vector<block_ref>>(std::move(done.refs));
  s->file_name = renamed ? flushed_name(done.id) : active_name(done.id);
  if (done.reason != nullptr) done.reason->add();
  add_segment(std::move(s));
}

// A poisoned file is let go once all that was not synced in it is on disk elsewhere. What was
// synced is consumed from it, under its rename; it has no trailer, so readers give it shard 0.
std::optional<flush_job> ingest_log::begin_retire() {
  const auto bad = std::find_if(poisoned_.begin(), poisoned_.end(),
                                [&](const auto& p) { return p->last_serial <= synced_through(); });
  if (bad == poisoned_.end()) return std::nullopt;
  retiring_ = std::move(*bad);
  poisoned_.erase(bad);
  flush_job job;
  job.fs = fs_;
  job.dir = dir_->path();
  job.id = retiring_->id;
  job.discard = retiring_->refs.empty();
  flush_running_ = true;
  return job;
}

void ingest_log::end_retire(flush_job& job) {
  retiring_->reason = &metrics_->flushes_poisoned;
  if (!job.discard && job.finished) {
    add_flushed(*retiring_, retiring_->synced_bytes, 0, job.renamed);
  }
  // A file that could not be removed is left to the next start: its records merge away.
  retiring_.reset();
}

}  // namespace oklog::ingest
