#include "node/mend.h"

#include <algorithm>
#include <utility>

#include "node/check_slice.h"
#include "oklog/env/task_group.h"
#include "oklog/store/containment.h"

namespace oklog::node {
namespace {

constexpr duration mend_pause_min = std::chrono::minutes(1);
constexpr duration mend_pause_max = std::chrono::hours(1);
constexpr std::size_t fetched_max = 10'000;  // pieces for one damaged segment

}  // namespace

mender::mender(env::environment env, const store_options& options, store_log& log,
               const membership& members, const disk_watch& disk, metrics_registry& registry)
    : env_(env),
      options_(options),
      log_(log),
      members_(members),
      disk_(disk),
      copier_(env, log),
      client_(env),
      pace_(env, options.repair_bytes_per_second),
      replaced_(registry.make_counter(
          "oklog_store_replaced_segments_total",
          "Damaged segments whose records all came, or were there, from elsewhere.")) {}

env::awaitable<void> mender::run() {
  while (true) {
    co_await env_.loop.sleep(options_.repair_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const std::vector<segment_ptr> damaged = log_.damaged();
    std::erase_if(attempts_, [&damaged](const auto& a) {
      return std::none_of(damaged.begin(), damaged.end(),
                          [&a](const segment_ptr& s) { return s->name == a.first; });
    });
    for (const segment_ptr& bad : damaged) {
      attempt& a = attempts_[bad->name];
      const bool ended = co_await env::is_cancelled();
      if (ended) break;
      if (env_.clock.boot() >= a.next) co_await mend(bad, a);
    }
  }
}

env::awaitable<result<bool>> mender::sound(segment_ptr bad) {
  segment_check check(*bad);
  while (!check.done()) {
    const auto read = co_await check_slice(env_, check, pace_);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "stopped");
    if (!read) co_return read.error();
    if (!check.damage().empty()) co_return false;
  }
  co_return true;
}

env::awaitable<void> mender::mend(segment_ptr bad, attempt& a) {
  const auto healthy = co_await sound(bad);
  if (healthy && *healthy) {
    log_.note_sound(bad->name);
    co_return;
  }
  // Once may be the disk's bad day: a sound file is not put aside for it.
  if (!healthy && !a.refused) {
    a.refused = true;
    env_.log.warn("a segment that seems damaged could not be read again",
                  {{"segment", bad->name}, {"err", healthy.error().what}});
    co_return;
  }
  bool whole = co_await replaceable(bad);
  if (!whole) whole = co_await write_anew(bad, a);
  if (!whole) {
    const std::size_t came = co_await fetch_beside(bad, a);
    if (came > 0) whole = co_await replaceable(bad);
  }
  const bool stopped = co_await env::is_cancelled();
  if (stopped) co_return;
  if (whole) {
    co_await set_aside(bad);
    co_return;
  }
  if (a.pause == duration::zero()) {
    env_.log.error("nobody has all that a damaged segment held: it is used as far as it can be",
                   {{"segment", bad->name}});
  }
  a.pause = std::clamp(a.pause * 2, mend_pause_min, mend_pause_max);
  a.next = env_.clock.boot() + a.pause;
}

// Whether sound segments beside it hold every record of it.
env::awaitable<bool> mender::replaceable(segment_ptr bad) {
  const std::vector<segment_ptr> others = log_.sound_members(bad->footer.partition);
  const auto look = [&] { return hold_all_of(others, *bad); };
  const auto held = co_await env::offload(env_.loop, look, env::lane::search);
  if (!held) {
    env_.log.warn("comparing a damaged segment with others",
                  {{"segment", bad->name}, {"err", held.error().what}});
  }
  co_return held&&* held;
}

env::awaitable<bool> mender::write_anew(segment_ptr bad, attempt& a) {
  if (disk_.full() || std::exchange(a.tried_anew, true)) co_return false;
  auto job = log_.begin_anew(bad->name);
  if (!job) co_return false;
  co_await env::offload(
      env_.loop, [&job] { job->run(); }, env::lane::search);
  const auto done = log_.end_anew(std::move(*job));
  if (!done && done.error().code != errc::corruption) {
    a.tried_anew = false;
    env_.log.warn("writing a damaged segment anew",
                  {{"segment", bad->name}, {"err", done.error().what}});
  }
  if (!done) co_return false;
  co_return co_await replaceable(bad);
}

env::awaitable<void> mender::set_aside(segment_ptr bad) {
  auto job = log_.begin_set_aside(bad->name);
  if (!job) co_return;  // at the next pass
  co_await env::offload(env_.loop, [&job] { job->run(); });
  const auto done = log_.end_damage(std::move(*job));
  if (!done) co_return;
  replaced_.add();
  env_.log.info("a damaged segment was replaced, and lies in quarantine",
                {{"segment", bad->name}, {"records", bad->footer.digest.count}});
}

// How many pieces came.
env::awaitable<std::size_t> mender::fetch_beside(segment_ptr bad, attempt& a) {
  std::size_t came = 0;
  const std::vector<cluster::member> all = members_.all();
  for (const cluster::member& m : all) {
    const std::string id = format(m.id);
    const bool asked = in_service(m) && has_store(m.data.role) && id != log_.store_id();
    if (asked) came += co_await fetch_from(id, format(m.data.api()), bad, a);
  }
  co_return came;
}

env::awaitable<std::size_t> mender::fetch_from(const std::string& store, const std::string& api,
                                               segment_ptr bad, attempt& a) {
  const partition where = bad->footer.partition;
  std::size_t came = 0;
  const auto held = co_await client_.ask(api, store, where.window, where.window);
  const catalogue_partition* there = held ? held->find(where) : nullptr;
  if (there == nullptr) co_return came;
  for (const catalogue_segment& s : there->segments) {
    const bool beside = s.min <= bad->footer.max && bad->footer.min <= s.max;
    const bool had = a.fetched.contains(s.hash) || a.fetched.size() >= fetched_max;
    const bool stopped = co_await env::is_cancelled();
    if (stopped || disk_.full()) break;
    if (!beside || s.damaged || had || log_.has_piece(where, s.hash)) continue;
    const duration limit = copy_patience(pace_, s.bytes);
    auto copying = copier_.copy(where, s.hash, s.name, api, &pace_);
    const auto copied =
        co_await env::with_timeout(env_.loop, limit, "copying a piece", std::move(copying));
    if (copied) {
      a.fetched.insert(s.hash);
      ++came;
    } else {
      env_.log.warn("copying what a damaged segment held failed",
                    {{"piece", s.name}, {"from", store}, {"err", copied.error().what}});
    }
  }
  co_return came;
}

}  // namespace oklog::node
