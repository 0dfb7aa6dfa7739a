#include "node/release.h"

#include <algorithm>

#include "oklog/env/task_group.h"
#include "oklog/segment/names.h"

namespace oklog::node {
namespace {

constexpr duration refused_pause_max = std::chrono::hours(1);
constexpr std::size_t held_max = 10'000;  // partitions that wait for their two minutes

}  // namespace

releaser::releaser(env::environment env, const store_options& options, store_log& log,
                   const holders& stores, const membership& members, known_gaps& gaps,
                   metrics_registry& registry)
    : env_(env),
      options_(options),
      log_(log),
      stores_(stores),
      members_(members),
      client_(env),
      question_(env, options, log, members),
      gaps_(gaps),
      releasing_(registry.make_gauge("oklog_store_releasing_partitions",
                                     "Copies that this store is letting go of.")) {}

env::awaitable<void> releaser::run() {
  while (true) {
    co_await env_.loop.sleep(options_.repair_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    co_await pass();
    releasing_.set(static_cast<double>(log_.marked().size()));
  }
}

env::awaitable<void> releaser::pass() {
  const std::vector<std::string> homes = stores_.homes();
  const unsigned factor = stores_.factor();
  const store_catalogue own = log_.catalogue();
  for (const catalogue_partition& p : own.partitions) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    std::vector<std::string> ranked = rank_stores(p.where, homes);
    const auto last = ranked.begin() + std::min<std::ptrdiff_t>(factor, std::ssize(ranked));
    const bool home = std::find(ranked.begin(), last, log_.store_id()) != last;
    const bool stays = home || ranked.size() < factor;
    if (stays) {
      held_.erase(p.where);
      if (p.releasing) (void)co_await mark(p.where, false);
    } else if (held_.contains(p.where)) {
      if (held_[p.where].until <= env_.clock.boot()) co_await let_go(p.where);
    } else {
      co_await look_at(p, std::move(ranked));
    }
  }
  const bool draining = stores_.draining();
  if (draining && own.partitions.empty() && !was_draining_) {
    env_.log.info("drained: other stores hold all that this one held; it may be stopped");
  }
  was_draining_ = draining && own.partitions.empty();
}

env::awaitable<void> releaser::look_at(catalogue_partition p, std::vector<std::string> ranked) {
  if (p.releasing) {
    // Marked before this process began: what was confirmed then is not known any more.
    (void)co_await mark(p.where, false);
    co_return;
  }
  const auto put_off_until = pauses_.find(p.where);
  const bool waits =
      put_off_until != pauses_.end() && env_.clock.boot() < put_off_until->second.until;
  if (waits || p.damaged || held_.size() >= held_max) co_return;
  // What is still written to is released once it is over; a store that drains is not written to.
  if (!p.settled && !stores_.draining()) co_return;
  // Before anything is marked: may it be worth it?
  const bool likely = co_await all_hold(p.where, ranked, true);
  if (!likely) {
    put_off(p.where);
    co_return;
  }
  const bool marked = co_await mark(p.where, true);
  if (!marked) co_return;
  confirmed c;
  const auto now = log_.describe(p.where);
  if (!now) co_return;
  for (const catalogue_segment& s : now->segments) c.names.push_back(s.name);
  const bool sure = co_await all_hold(p.where, ranked, false);
  if (!sure) {
    put_off(p.where);
    (void)co_await mark(p.where, false);
    co_return;
  }
  c.until = env_.clock.boot() + options_.release_hold;
  held_[p.where] = std::move(c);
}

env::awaitable<bool> releaser::all_hold(partition where, const std::vector<std::string>& ranked,
                                        bool by_digest_alone) {
  const auto own = log_.describe(where);
  if (!own || own->damaged) co_return false;
  const std::set<std::string> full = stores_.full();
  const unsigned wanted = stores_.factor();
  unsigned found = 0;
  for (const std::string& store : ranked) {
    // With those that are passed over, it is a home itself.
    if (found == wanted || store == log_.store_id()) break;
    const api::holding said = co_await ask(store, where, *own, by_digest_alone);
    const bool no = said == api::holding::no;
    if (no && !full.contains(store)) co_return false;
    found += no ? 0 : 1;
  }
  co_return found == wanted;
}

// By digest alone: whether it does not say no.
env::awaitable<api::holding> releaser::ask(std::string store, partition where,
                                           const catalogue_partition& own, bool by_digest_alone) {
  const api::holding said = co_await ask_digest(store, where, own.digest);
  if (said == api::holding::no || by_digest_alone) co_return said;
  // Two sums are equal and the sets are not only where one of them counts a record twice.
  if (said == api::holding::yes && own.settled) co_return said;
  const std::vector<segment_ptr> segments = log_.sound_members(where);
  const bool holds = co_await question_.ask(store, segments);
  co_return holds ? api::holding::yes : api::holding::no;
}

env::awaitable<api::holding> releaser::ask_digest(std::string store, partition where,
                                                  set_digest digest) {
  const auto api = members_.api_of_store(store);
  if (!api) co_return api::holding::no;
  const auto said = co_await client_.ask_digest(*api, store, where, digest);
  co_return said ? *said : api::holding::no;
}

env::awaitable<bool> releaser::mark(partition where, bool on) {
  if (log_.marked().contains(where) == on) co_return true;
  auto job = log_.begin_mark(where, on);
  if (!job) co_return false;
  co_await env::offload(env_.loop, [&job] { job->run(); });
  const auto done = log_.end_mark(std::move(*job));
  co_return done.has_value();
}

env::awaitable<void> releaser::let_go(partition where) {
  const confirmed c = std::move(held_[where]);
  held_.erase(where);
  auto job = log_.begin_release(c.names);
  if (!job) {
    // It was merged, or its time is over: it is asked about anew.
    (void)co_await mark(where, false);
    co_return;
  }
  co_await env::offload(env_.loop, [&job] { job->run(); });
  const bool gone = log_.end_release(std::move(*job));
  if (gone) {
    env_.log.info("let go of a partition that others hold",
                  {{"partition", format(where)}, {"segments", c.names.size()}});
    pauses_.erase(where);
  }
  // What has come in meanwhile, or could not be moved, is asked about anew.
  (void)co_await mark(where, false);
}

void releaser::put_off(const partition& where) {
  pause& p = pauses_[where];
  p.next = std::clamp(p.next * 2, options_.release_hold / 2, refused_pause_max);
  p.until = env_.clock.boot() + p.next;
}

bool releaser::may_confirm(const partition& where) const {
  return !stores_.draining() && !log_.marked().contains(where);
}

api::holding releaser::has_digest(const partition& where, const set_digest& digest) const {
  const auto own = log_.describe(where);
  if (!may_confirm(where) || !own || own->damaged) return api::holding::no;
  if (!own->settled) return api::holding::unknown;
  if (own->digest == digest) return api::holding::yes;
  return own->digest.count < digest.count ? api::holding::no : api::holding::unknown;
}

env::awaitable<api::holding> releaser::has_records(partition where, some_records records) {
  if (!may_confirm(where)) co_return api::holding::no;
  const std::vector<segment_ptr> sound = log_.sound_members(where);
  const auto look = [&] { return hold(sound, records); };
  const auto held = co_await env::offload(env_.loop, look, env::lane::search);
  if (held && !*held) gaps_.note(where, records.min, records.max);
  if (!held) {
    env_.log.warn("what another store asked for could not be looked up",
                  {{"partition", format(where)}, {"err", held.error().what}});
  }
  // It may have been marked while it was looked for.
  if (!held || !*held || !may_confirm(where)) co_return api::holding::no;
  co_return api::holding::yes;
}

}  // namespace oklog::node
