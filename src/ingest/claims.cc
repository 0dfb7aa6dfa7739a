// ingest_log: what consumers do with the queue.

#include <algorithm>
#include <utility>

#include "ingest/queue_entry.h"

namespace oklog::ingest {

move_job ingest_log::make_move() const {
  move_job job;
  job.fs = fs_;
  job.dir = dir_.get();
  return job;
}

bool ingest_log::can_claim() const {
  return std::any_of(queue_.begin(), queue_.end(), [](const auto& at) {
    return at.second->is == segment::state::flushed && !at.second->moving;
  });
}

result<move_job> ingest_log::begin_next(boot_time now, std::optional<std::uint32_t> shard) {
  for (auto& [order, s] : queue_) {
    if (s->is != segment::state::flushed || s->moving) continue;
    if (shard && s->content.shard != *shard) continue;
    s->is = segment::state::pending;
    s->moving = true;
    s->reading = false;
    s->content.hash.reset();  // each claim reads for itself
    s->deadline = now + config_.pending_timeout;
    move_job job = make_move();
    job.steps.push_back(
        {s->content.id, move_job::action::rename, s->file_name, pending_name(s->content.id), {}});
    return job;
  }
  return fail(errc::not_found, "no segment is waiting");
}

result<claim> ingest_log::end_next(move_job job) {
  const move_job::step& step = job.steps.front();
  segment* s = find(step.id);
  if (s == nullptr) return fail(errc::not_found, "the segment is gone");
  s->moving = false;
  if (!step.outcome) {
    s->is = segment::state::flushed;
    log_->error("claiming a segment", {{"segment", step.id}, {"err", step.outcome.error().what}});
    return with_context("claiming " + step.id, step.outcome.error());
  }
  s->file_name = step.to;
  return claim{s->content.id, s->content.shard, s->content.bytes, s->content.raw_bytes,
               s->content.records};
}

ingest_log::read_begin ingest_log::begin_read(std::string_view id, boot_time now) {
  segment* s = find(id);
  if (s == nullptr || s->is != segment::state::pending) return {decision::not_found, {}};
  s->deadline = now + config_.pending_timeout;
  s->reading = true;
  return {decision::done, read_job{s->content, {}}};
}

result<segment_content> ingest_log::end_read(read_job job) {
  segment* s = find(job.content.id);
  if (!job.outcome) {
    if (s != nullptr) s->reading = false;
    log_->error("reading a segment",
                {{"segment", job.content.id}, {"err", job.outcome.error().what}});
    return with_context("reading " + job.content.id, job.outcome.error());
  }
  if (s != nullptr && s->is == segment::state::pending) s->content.hash = job.content.hash;
  return std::move(job.content);
}

void ingest_log::keep_reading(std::string_view id, boot_time now, bool done) {
  segment* s = find(id);
  if (s == nullptr || s->is != segment::state::pending) return;
  s->deadline = now + config_.pending_timeout;
  s->reading = !done;
}

decision ingest_log::judge_commit(std::string_view id, const hash128& hash) const {
  const segment* s = find(id);
  if (s == nullptr || s->is == segment::state::leaving) return decision::not_found;
  if (s->is != segment::state::pending || s->moving) return decision::conflict;
  if (!s->content.hash) return decision::not_read;
  return *s->content.hash == hash ? decision::done : decision::conflict;
}

ingest_log::move_begin ingest_log::begin_commit(std::string_view id, const hash128& hash,
                                                bool damaged) {
  const decision may = judge_commit(id, hash);
  if (may != decision::done) return {may, {}};
  segment* s = find(id);
  s->is = segment::state::leaving;
  const auto what = s->damaged || damaged ? move_job::action::quarantine : move_job::action::remove;
  move_job job = make_move();
  job.steps.push_back({s->content.id, what, s->file_name, "", {}});
  return {decision::done, std::move(job)};
}

ingest_log::move_begin ingest_log::begin_failed(std::string_view id) {
  segment* s = find(id);
  if (s == nullptr || s->is == segment::state::leaving) return {decision::not_found, {}};
  if (s->is != segment::state::pending || s->moving) return {decision::conflict, {}};
  s->is = segment::state::flushed;
  s->moving = true;
  metrics_->failed_segments.add();
  move_job job = make_move();
  job.steps.push_back(
      {s->content.id, move_job::action::rename, s->file_name, flushed_name(s->content.id), {}});
  return {decision::done, std::move(job)};
}

std::optional<move_job> ingest_log::begin_expire(boot_time now) {
  move_job job = make_move();
  for (auto& [order, s] : queue_) {
    if (s->is != segment::state::pending || s->moving || now < s->deadline) continue;
    s->is = segment::state::flushed;
    s->moving = true;
    metrics_->expired_segments.add();
    log_->warn("a consumer's lease ran out", {{"segment", s->content.id}});
    job.steps.push_back(
        {s->content.id, move_job::action::rename, s->file_name, flushed_name(s->content.id), {}});
  }
  if (job.steps.empty()) return std::nullopt;
  return job;
}

result<> ingest_log::end_move(move_job job) {
  result<> all;
  for (move_job::step& step : job.steps) {
    segment* s = find(step.id);
    if (s == nullptr) continue;
    s->moving = false;
    if (!step.outcome) {
      log_->error("a segment's file could not be moved",
                  {{"segment", step.id}, {"err", step.outcome.error().what}});
      all = step.outcome.error();
    } else if (step.what == move_job::action::rename) {
      s->file_name = step.to;
    }
    if (s->is != segment::state::leaving) continue;
    // Committed, whatever became of the file: one that stays is consumed again after the next
    // start, and its records merge away.
    metrics_->committed_segments.add();
    metrics_->committed_bytes.add(static_cast<double>(s->content.bytes));
    if (step.what == move_job::action::quarantine && step.outcome)
      metrics_->quarantined_files.add();
    forget(*s);
  }
  measure_queue();
  return all;
}

std::string ingest_log::segment_state(wall_time now, boot_time boot) const {
  std::string lines;
  std::size_t pending = 0;
  for (const auto& [order, s] : queue_) {
    if (s->is != segment::state::pending) continue;
    ++pending;
    lines += " " + s->content.id + ": reading=" + (s->reading ? "true" : "false") +
             " deadline=" + format_rfc3339(now + (s->deadline - boot)) + "\n";
  }
  return std::to_string(pending) + " pending\n" + lines;
}

}  // namespace oklog::ingest
