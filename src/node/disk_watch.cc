#include "node/disk_watch.h"

#include <algorithm>

#include "oklog/env/task_group.h"

namespace oklog::node {
namespace {

constexpr duration measure_every = std::chrono::seconds(1);
constexpr std::uint64_t reserve_most = 1ULL << 30;
constexpr std::uint64_t reserve_parts = 20;  // 5 %

// A disk that cannot be asked says so where it is written to.
disk_watch::room measure_room(env::filesystem& fs, std::vector<disk_watch::data_path> paths,
                              std::uint64_t wanted) {
  disk_watch::room found;
  for (disk_watch::data_path& p : paths) {
    const auto space = fs.space(p.path);
    p.silent = space ? "" : space.error().what;
    p.asked = p.asked || space;
    if (!p.asked) continue;
    if (space) p.space = *space;
    const env::disk_space& last = p.space;
    p.reserve = wanted != 0 ? wanted : std::min(last.total_bytes / reserve_parts, reserve_most);
    found.least_free = std::min(found.least_free, last.free_bytes);
    if (last.free_bytes >= p.reserve) continue;
    found.why = "the disk of " + p.path + " is nearly full: " + std::to_string(last.free_bytes) +
                " bytes are free, " + std::to_string(p.reserve) + " are kept in reserve";
  }
  found.paths = std::move(paths);
  return found;
}

}  // namespace

disk_watch::disk_watch(env::environment env, std::uint64_t reserve, metrics_registry& registry)
    : env_(env),
      reserve_(reserve),
      changed_(env.loop),
      full_(registry.make_gauge("oklog_disk_full",
                                "1 while lines are not taken in because a disk is nearly full.")),
      free_bytes_(registry.make_gauge("oklog_disk_free_bytes",
                                      "Free bytes of the data directory with the least room.")),
      full_in_(registry.make_gauge(
          "oklog_disk_full_in_seconds",
          "When a disk will be full at the rate of the last minutes; -1: none is filling.")) {
  full_in_.set(-1);
}

env::awaitable<void> disk_watch::look() {
  // Named, and free of loops: the pool sees values, and g++ 12 sees a plain await.
  const std::vector<data_path> paths = paths_;
  env::filesystem& fs = env_.fs;
  const std::uint64_t reserve = reserve_;
  const auto measure = [&paths, &fs, reserve] { return measure_room(fs, paths, reserve); };
  const room found = co_await env::offload(env_.loop, measure);
  note(found);
}

void disk_watch::note(const room& found) {
  free_bytes_.set(static_cast<double>(found.least_free));
  if (found.why.empty() != why_.empty()) {
    if (found.why.empty()) {
      env_.log.info("there is room on the disk again: lines are taken in");
    } else {
      env_.log.error("lines are not taken in", {{"reason", found.why}});
    }
  }
  why_ = found.why;
  for (std::size_t i = 0; i < std::min(paths_.size(), found.paths.size()); ++i) {
    const std::string& now = found.paths[i].silent;
    if (now.empty() || !paths_[i].silent.empty()) continue;
    env_.log.error("a disk does not say how much room it has", {{"err", now}});
  }
  paths_ = found.paths;
  for (const data_path& p : paths_) {
    if (p.asked && p.silent.empty()) forecasts_[p.path].note(env_.clock.boot(), p.space.free_bytes);
  }
  const auto soonest = full_in();
  full_in_.set(soonest ? std::chrono::duration<double>(*soonest).count() : -1);
  full_.set(why_.empty() ? 0 : 1);
  changed_.notify();
}

env::disk_space disk_watch::space() const {
  return paths_.empty() ? env::disk_space{} : paths_.back().space;
}

std::optional<duration> disk_watch::full_in(const std::string& path) const {
  const auto at = forecasts_.find(path);
  const auto of = [&path](const data_path& p) { return p.path == path; };
  const auto known = std::find_if(paths_.begin(), paths_.end(), of);
  if (at == forecasts_.end() || known == paths_.end()) return std::nullopt;
  return at->second.full_in(known->reserve);
}

std::optional<duration> disk_watch::full_in() const {
  std::optional<duration> soonest;
  for (const data_path& p : paths_) {
    const auto one = full_in(p.path);
    if (one && (!soonest || *one < *soonest)) soonest = one;
  }
  return soonest;
}

env::awaitable<void> disk_watch::run() {
  bool stopped = co_await env::is_cancelled();
  while (!stopped) {
    co_await look();
    co_await env_.loop.sleep(measure_every);
    stopped = co_await env::is_cancelled();
  }
}

}  // namespace oklog::node
