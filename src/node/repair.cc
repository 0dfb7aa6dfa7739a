#include "node/repair.h"

#include <algorithm>

#include "oklog/env/task_group.h"

namespace oklog::node {
namespace {

// Between passes while copies are missing here.
constexpr duration hurried = std::chrono::seconds(2);
constexpr duration gone_look_every = std::chrono::seconds(1);
constexpr duration retry_pause = std::chrono::minutes(1);

}  // namespace

repairer::repairer(env::environment env, const store_options& options, store_log& log,
                   const holders& stores, roster_keeper& roster, membership& members,
                   known_gaps& gaps, const disk_watch& disk, metrics_registry& registry)
    : env_(env),
      options_(options),
      log_(log),
      stores_(stores),
      roster_(roster),
      members_(members),
      gaps_(gaps),
      disk_(disk),
      copier_(env, log),
      client_(env),
      pace_(env, options.repair_bytes_per_second),
      proof_(env, options, log, roster, members),
      woken_(env.loop),
      under_replicated_(registry.make_gauge(
          "oklog_store_under_replicated_partitions",
          "Partitions that fewer stores in service hold than are wanted, or may hold.")),
      segments_(registry.make_counter("oklog_store_repaired_segments_total",
                                      "Segments copied here because they were missing.")),
      bytes_(registry.make_counter("oklog_store_repaired_bytes_total",
                                   "Bytes of segments copied here because they were missing.")),
      failures_(registry.make_counter("oklog_store_repair_failures_total",
                                      "Missing segments that could not be copied.")) {}

env::awaitable<void> repairer::run() {
  std::vector<env::awaitable<void>> both;
  both.push_back(passes());
  both.push_back(watch());
  co_await env::all(env_.loop, std::move(both));
}

env::awaitable<void> repairer::watch() {
  proof_.begin(log_.catalogue(), stores_.factor());
  show();
  while (true) {
    co_await members_.changed().wait();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (!proof_.shaken()) continue;
    proof_.begin(log_.catalogue(), stores_.factor());
    show();
    woken_.notify();
  }
}

env::awaitable<void> repairer::passes() {
  if (!was_proved_) co_await judge_quarantine(false);
  while (true) {
    co_await rest();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    co_await pass();
  }
}

// Between passes; not once a store is held for gone, whose copies others have to make.
env::awaitable<void> repairer::rest() {
  const bool hurry = hurry_ || proof_.near();
  const duration pause = hurry ? std::min(options_.repair_every, hurried) : options_.repair_every;
  const boot_time until = env_.clock.boot() + pause;
  bool woken = false;
  while (!woken && !proof_.stale()) {
    const duration left = until - env_.clock.boot();
    const bool stopped = co_await env::is_cancelled();
    if (stopped || left <= duration::zero()) co_return;
    woken = co_await woken_.wait_for(std::min(left, gone_look_every));
  }
}

// What it lacks is repaired elsewhere, once there was no room for it for as long as a store may be
// away before its copies are.
env::awaitable<void> repairer::tell_room() {
  const boot_time now = env_.clock.boot();
  if (!disk_.full()) full_since_.reset();
  if (disk_.full() && !full_since_) full_since_ = now;
  const bool was = roster_.self().full;
  const bool full = full_since_ && (was || now - *full_since_ >= options_.repair_after);
  if (full == was) co_return;
  const auto said = co_await roster_.set_full(full);
  if (said && full) {
    env_.log.warn("the disk stays full: what this store lacks is repaired elsewhere");
  }
}

env::awaitable<void> repairer::pass() {
  co_await tell_room();
  repair_view view;
  view.others = co_await ask_others();
  const bool stopped = co_await env::is_cancelled();
  if (stopped) co_return;
  view.own = log_.catalogue();
  view.factor = stores_.factor();
  proof_.begin(view.own, view.factor);
  proof_.look(view);
  co_await plan(view);
  show();
  co_await announce();
  const std::vector<store_view> others = view.others;
  remember(std::move(view));
  for (repair_task& task : plan_.tasks) {
    const bool stop = co_await env::is_cancelled();
    if (stop || disk_.full()) break;
    co_await mend(std::move(task));
  }
  co_await proof_.ask(others);
  co_await announce();
  show();
}

env::awaitable<void> repairer::plan(repair_view& view) {
  view.old = std::move(old_);
  view.homes = stores_.homes();
  view.full = stores_.full();
  view.waits = std::move(plan_.waits);
  // Of two passes: what is wanted was listed in both.
  auto gaps = gaps_.take();
  view.gaps = gaps;
  for (auto& [where, ranges] : recent_gaps_) {
    auto& all = view.gaps[where];
    all.insert(all.end(), ranges.begin(), ranges.end());
  }
  recent_gaps_ = std::move(gaps);
  plan_ = co_await env::offload(env_.loop, [&view] { return plan_repair(view); });
  hurry_ = plan_.more_to_come || !plan_.tasks.empty();
}

void repairer::show() {
  lacking_ = proof_.doubtful();
  lacking_.insert(plan_.under_replicated.begin(), plan_.under_replicated.end());
  under_replicated_.set(static_cast<double>(lacking_.size()));
}

env::awaitable<void> repairer::announce() {
  const unsigned copies = co_await proof_.announce();
  if (was_proved_ && copies > 1) co_await judge_quarantine(true);
}

env::awaitable<void> repairer::judge_quarantine(bool compared) {
  auto job = compared ? log_.begin_quarantine_compared() : log_.begin_quarantine_lost();
  if (!job) co_return;
  co_await env::offload(env_.loop, [&job] { job->run(); });
  const auto done = log_.end_damage(std::move(*job));
  if (!done || !compared) co_return;
  env_.log.info("what lies in quarantine was compared with what others hold",
                {{"not_known", log_.quarantined()}});
}

void repairer::remember(repair_view view) {
  old_.clear();
  for (store_view& s : view.others) {
    std::string id = s.held.store_id;
    old_[std::move(id)] = std::move(s.held);
  }
  old_[log_.store_id()] = std::move(view.own);
}

env::awaitable<std::vector<store_view>> repairer::ask_others() {
  std::vector<store_view> views;
  const std::vector<cluster::member> all = members_.all();
  for (const cluster::member& m : all) {
    const std::string id = format(m.id);
    if (!in_service(m) || !has_store(m.data.role) || id == log_.store_id()) continue;
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    std::string api = format(m.data.api());
    const auto before = old_.find(id);
    const store_catalogue* known = before == old_.end() ? nullptr : &before->second;
    auto held = co_await client_.ask(api, id, known);
    if (held) {
      silent_.erase(id);
      views.push_back({std::move(api), std::move(*held)});
    } else if (silent_.insert(id).second) {
      env_.log.warn("a store did not say what it holds",
                    {{"store", id}, {"api", api}, {"err", held.error().what}});
    }
  }
  co_return std::move(views);
}

env::awaitable<void> repairer::mend(repair_task task) {
  progress done;
  // What was let go of is news again.
  if (!log_.describe(task.where)) forget_fetched(task);
  std::uint64_t wanted = 0;
  const auto idle = [&](const repair_copy& from, const catalogue_segment& s) {
    return fetched_.contains(s.hash) || pauses(from, s) || log_.has_piece(task.where, s.hash);
  };
  for (const repair_copy& from : task.copies) {
    for (const catalogue_segment& s : from.segments) wanted += idle(from, s) ? 0 : 1;
  }
  if (wanted == 0) co_return;
  const boot_time begun = env_.clock.boot();
  const std::string where = format(task.where);
  env_.log.info("repairing a partition", {{"partition", where}, {"pieces", wanted}});
  for (const repair_copy& from : task.copies) {
    // The next store's pieces hold most of what has just come; what they hold beside it is seen
    // once this is merged.
    if (done.pieces > 0 && done.failures == 0) break;
    for (const catalogue_segment& s : from.segments) {
      if (pauses(from, s)) ++done.failures;
      if (idle(from, s)) continue;
      const outcome o = co_await take(task.where, from, s, done);
      if (o == outcome::failed) ++done.failures;
    }
  }
  env_.log.info("repaired a partition", {{"partition", where},
                                         {"pieces", done.pieces},
                                         {"bytes", done.bytes},
                                         {"failures", done.failures},
                                         {"took", format_duration(env_.clock.boot() - begun)}});
}

env::awaitable<repairer::outcome> repairer::take(partition where, const repair_copy& from,
                                                 const catalogue_segment& piece, progress& done) {
  const bool stopped = co_await env::is_cancelled();
  const bool room = !disk_.full() && log_.has_room_for(where.window, piece.bytes);
  if (stopped || !room || where.window < log_.floor()) co_return outcome::passed_over;
  const auto copied = co_await fetch(where, from, piece);
  if (copied) {
    note_fetched(piece.hash);
    segments_.add();
    bytes_.add(static_cast<double>(*copied));
    ++done.pieces;
    done.bytes += *copied;
    co_return outcome::taken;
  }
  const bool ended = co_await env::is_cancelled();
  // It has been compacted away there, and is listed under other names.
  if (ended || copied.error().code == errc::not_found) co_return outcome::passed_over;
  note_refusal(from, piece, copied.error());
  co_return outcome::failed;
}

env::awaitable<result<std::uint64_t>> repairer::fetch(partition where, const repair_copy& from,
                                                      const catalogue_segment& piece) {
  const duration limit = copy_patience(pace_, piece.bytes);
  auto copying = copier_.copy(where, piece.hash, piece.name, from.api, &pace_);
  co_return co_await env::with_timeout(env_.loop, limit, "copying a piece", std::move(copying));
}

bool repairer::pauses(const repair_copy& from, const catalogue_segment& piece) const {
  const auto at = refused_.find(std::make_pair(from.store, piece.hash));
  return at != refused_.end() && env_.clock.boot() < at->second;
}

void repairer::note_refusal(const repair_copy& from, const catalogue_segment& piece,
                            const error& why) {
  failures_.add();
  const bool unsound = why.code == errc::corruption || why.code == errc::invalid;
  const auto key = std::make_pair(from.store, piece.hash);
  if (!refused_.contains(key)) {
    env_.log.warn("repair: copying a piece failed",
                  {{"piece", piece.name}, {"from", from.store}, {"err", why.what}});
  }
  if (refused_.size() >= refused_pieces_max) refused_.clear();
  refused_[key] = env_.clock.boot() + (unsound ? options_.repair_after : retry_pause);
}

void repairer::forget_fetched(const repair_task& task) {
  for (const repair_copy& from : task.copies) {
    for (const catalogue_segment& s : from.segments) fetched_.erase(s.hash);
  }
}

void repairer::note_fetched(const hash128& hash) {
  if (!fetched_.insert(hash).second) return;
  fetched_order_.push_back(hash);
  if (fetched_order_.size() <= fetched_pieces_max) return;
  fetched_.erase(fetched_order_.front());
  fetched_order_.pop_front();
}

}  // namespace oklog::node
