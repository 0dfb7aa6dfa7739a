// ingest_log: from the receiver into the active segment.

#include <algorithm>
#include <iterator>
#include <utility>

#include "ingest/queue_entry.h"
#include "oklog/base/assert.h"

namespace oklog::ingest {

bool ingest_log::sync_due(boot_time boot) const {
  return active_ && !active_->kept.empty() &&
         (active_->kept_bytes >= config_.sync_bytes ||
          boot >= active_->unsynced_since + config_.sync_age);
}

// A block of the largest size must always fit under the raw limit (rule K10).
bool ingest_log::active_full() const {
  return active_ && active_->records > 0 &&
         (active_->file_bytes >= config_.flush_bytes ||
          active_->raw_bytes + block_bytes_max > config_.flush_raw_bytes);
}

std::uint64_t ingest_log::active_room() const {
  const std::uint64_t raw = active_ ? active_->raw_bytes : 0;
  const std::uint64_t room = config_.flush_raw_bytes > raw ? config_.flush_raw_bytes - raw : 0;
  return std::min(room, config_.write_bytes_max);
}

std::optional<write_job> ingest_log::begin_write(wall_time now, boot_time boot, bool everything) {
  inbox_.seal_aged(boot);
  if (everything) inbox_.seal();
  if (writing_ || boot < write_not_before_ || active_full()) return std::nullopt;
  inbox_.seal_durable();

  write_job job;
  std::uint64_t room = active_room();
  take_again(job, room);
  take_batches(job, room);
  const bool idle = job.again.empty() && job.batches.empty();
  if (idle && (!active_ || active_->kept.empty())) return std::nullopt;
  job.sync = job.sync || everything || sync_due(boot);
  if (idle && !job.sync) return std::nullopt;

  job.fs = fs_;
  job.dir = dir_->path();
  job.preallocate_bytes = config_.flush_bytes;
  job.id = active_ ? active_->id : new_id(now);
  if (active_) job.writer = std::move(active_->writer);
  writing_ = true;
  return job;
}

// What a poisoned file had unsynced goes first, always with a sync.
void ingest_log::take_again(write_job& job, std::uint64_t& room) {
  std::size_t n = 0;
  for (; n < again_.size(); ++n) {
    const std::uint64_t bytes = again_[n].block.header.raw_bytes;
    if (n > 0 && bytes > room) break;
    room -= std::min(room, bytes);
  }
  if (n == 0) return;
  const auto end = again_.begin() + static_cast<std::ptrdiff_t>(n);
  job.again.assign(std::make_move_iterator(again_.begin()), std::make_move_iterator(end));
  again_.erase(again_.begin(), end);
  again_low_ = job.again.front().serial;
  job.sync = true;
}

// Copies of pointers: the batches stay in the inbox until they are in the file.
void ingest_log::take_batches(write_job& job, std::uint64_t& room) {
  for (const sealed_batch& b : inbox_.sealed()) {
    const bool first = job.again.empty() && job.batches.empty();
    if (!again_.empty() || (!first && b.records->bytes() > room)) break;
    room -= std::min<std::uint64_t>(room, b.records->bytes());
    job.sync = job.sync || b.durable;
    job.batches.push_back(b);
  }
}

result<> ingest_log::end_write(write_job job, boot_time boot) {
  ASSERT(writing_, "end_write without begin_write");
  writing_ = false;
  again_low_ = 0;
  if (job.writer) {
    if (!active_) active_ = std::make_unique<active_segment>();
    active_->id = job.id;
    active_->writer = std::move(job.writer);
    active_->mirror();
  }
  if (job.appended) {
    note_appended(job, boot);
  } else {
    job.blocks.resize(job.again_count);  // the batches are still in the inbox
    keep_again(std::move(job.blocks));
  }
  if (job.synced) note_synced();
  metrics_->unwritten_bytes.set(static_cast<double>(inbox_.unwritten_bytes()));
  if (job.outcome) {
    backoff_ = duration::zero();
    return {};
  }
  const error why = job.outcome.error();
  // An append that found no room was taken back; any other failure leaves the file in doubt.
  const bool in_doubt = why.code != errc::no_space || job.appended;
  if (active_ && active_->writer && (in_doubt || active_->writer->poisoned())) {
    poison(std::move(active_), why);
  }
  back_off(boot, write_not_before_, why);
  return why;
}

void ingest_log::note_appended(write_job& job, boot_time boot) {
  active_segment& a = *active_;
  if (a.refs.empty()) a.first_record = boot;
  if (a.kept.empty()) a.unsynced_since = boot;
  a.refs.insert(a.refs.end(), std::make_move_iterator(job.refs.begin()),
                std::make_move_iterator(job.refs.end()));
  for (std::size_t i = 0; i < job.blocks.size(); ++i) {
    kept_block& b = job.blocks[i];
    if (i >= job.again_count) {
      metrics_->bytes_written.add(b.block.header.raw_bytes);
      metrics_->records_written.add(b.block.header.records);
    }
    a.kept_bytes += b.block.bytes.size();
    a.last_serial = std::max(a.last_serial, b.serial);
    a.kept.push_back(std::move(b));
  }
  if (!job.batches.empty()) {
    written_ = job.batches.back().serial;
    inbox_.drop_written(written_);
  }
}

void ingest_log::note_synced() {
  active_->kept.clear();
  active_->kept_bytes = 0;
  metrics_->syncs.add();
  rescued_.erase(rescued_.begin(), rescued_.upper_bound(synced_through()));
}

void ingest_log::poison(std::unique_ptr<active_segment> bad, const error& why) {
  log_->error("segment given up; what was not synced goes to a new file",
              {{"segment", bad->id}, {"synced_bytes", bad->synced_bytes}, {"err", why.what}});
  metrics_->poisoned_files.add();
  rescue(*bad);
  keep_again(std::move(bad->kept));
  bad->kept.clear();
  bad->writer.reset();  // refs keep the file open for readers
  poisoned_.push_back(std::move(bad));
}

// Rule C6: behind what was synced the file may read as anything from now on, so queries get what
// was kept. Decoded here, at most 16 MiB of file, and only when a disk has failed.
void ingest_log::rescue(active_segment& bad) {
  std::erase_if(bad.refs, [&](const block_ref& ref) {
    return ref.offset + ref.header_frame_bytes + ref.text_frame_bytes > bad.synced_bytes;
  });
  for (const kept_block& b : bad.kept) {
    auto records = decode_block(b.block.bytes);
    ASSERT(records.has_value(), "a block of our own cannot be decoded");
    rescued_[b.serial] = std::make_shared<const batch>(std::move(*records));
  }
}

void ingest_log::keep_again(std::vector<kept_block> blocks) {
  again_.insert(again_.end(), std::make_move_iterator(blocks.begin()),
                std::make_move_iterator(blocks.end()));
  std::stable_sort(again_.begin(), again_.end(),
                   [](const kept_block& a, const kept_block& b) { return a.serial < b.serial; });
}

}  // namespace oklog::ingest
