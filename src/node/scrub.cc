#include "node/scrub.h"

#include <algorithm>

#include "node/check_slice.h"
#include "oklog/env/task_group.h"

namespace oklog::node {
namespace {

constexpr duration look_every_max = std::chrono::minutes(1);
constexpr duration look_every_min = std::chrono::milliseconds(100);
constexpr std::size_t failed_max = 10'000;  // remembered

}  // namespace

scrubber::scrubber(env::environment env, const store_options& options, store_log& log,
                   metrics_registry& registry)
    : env_(env),
      options_(options),
      log_(log),
      pace_(env, options.scrub_bytes_per_second),
      segments_(registry.make_counter("oklog_store_scrub_segments_total",
                                      "Live segments that were read again, whole.")),
      bytes_(registry.make_counter("oklog_store_scrub_bytes_total",
                                   "Bytes of live segments that were read again.")),
      damaged_(registry.make_counter("oklog_store_scrub_damaged_total",
                                     "Live segments that were found to be damaged.")),
      failures_(registry.make_counter("oklog_store_scrub_failures_total",
                                      "Live segments that the disk would not give.")) {}

env::awaitable<void> scrubber::run() {
  if (options_.scrub_every <= duration::zero()) co_return;
  scrub_schedule schedule(options_.scrub_every, env_.clock.now());
  const duration pause = std::clamp(options_.scrub_every / 100, look_every_min, look_every_max);
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    segment_ptr due = schedule.next(log_.live(), env_.clock.now());
    if (due) {
      co_await check(std::move(due));
    } else {
      co_await env_.loop.sleep(pause);
    }
  }
}

env::awaitable<void> scrubber::check(segment_ptr segment) {
  segment_check check(*segment);
  while (!check.done()) {
    const auto read = co_await check_slice(env_, check, pace_);
    const bool stopped = co_await env::is_cancelled();
    // It was compacted, or its time is over.
    if (stopped || log_.find(segment->name) != segment) co_return;
    if (!read) {
      note_failure(*segment, read.error());
      co_return;
    }
    bytes_.add(static_cast<double>(*read));
  }
  failed_.erase(segment->name);
  segments_.add();
  if (check.damage().empty()) co_return;
  const bool news = log_.note_damage(segment->name, check.damage().front());
  if (news) damaged_.add();
}

// Once may be the disk's bad day; where its next turn fails in the same way, it is damaged.
void scrubber::note_failure(const store_segment& segment, const error& why) {
  failures_.add();
  if (failed_.erase(segment.name) > 0) {
    const bool news = log_.note_damage(segment.name, why.what);
    if (news) damaged_.add();
    return;
  }
  env_.log.error("scrub: a segment could not be read",
                 {{"segment", segment.name}, {"err", why.what}});
  if (failed_.size() >= failed_max) failed_.clear();
  failed_.insert(segment.name);
}

}  // namespace oklog::node
