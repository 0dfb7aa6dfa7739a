#include "node/disk_watch.h"

#include <algorithm>

#include "oklog/env/task_group.h"

namespace oklog::node {
namespace {

constexpr duration look_every = std::chrono::seconds(1);
constexpr std::uint64_t reserve_most = 1ULL << 30;
constexpr std::uint64_t reserve_parts = 20;  // 5 %

}  // namespace

disk_watch::disk_watch(env::environment env, std::uint64_t reserve, metrics_registry& registry)
    : env_(env),
      reserve_(reserve),
      changed_(env.loop),
      full_(registry.make_gauge("oklog_disk_full",
                                "1 while lines are not taken in because a disk is nearly full.")),
      free_bytes_(registry.make_gauge("oklog_disk_free_bytes",
                                      "Free bytes of the data directory with the least room.")) {}

env::awaitable<void> disk_watch::look() {
  std::string why;
  std::uint64_t least = ~0ULL;
  for (const std::string& path : paths_) {
    const auto space = co_await env::offload(env_.loop, [&] { return env_.fs.space(path); });
    if (!space) continue;  // a disk that fails says so where it is written to
    least = std::min(least, space->free_bytes);
    const std::uint64_t reserve =
        reserve_ != 0 ? reserve_ : std::min(space->total_bytes / reserve_parts, reserve_most);
    if (space->free_bytes >= reserve) continue;
    why = "the disk of " + path + " is nearly full: " + std::to_string(space->free_bytes) +
          " bytes are free, " + std::to_string(reserve) + " are kept in reserve";
  }
  free_bytes_.set(static_cast<double>(least));
  if (why.empty() != why_.empty()) {
    if (why.empty()) {
      env_.log.info("there is room on the disk again: lines are taken in");
    } else {
      env_.log.error("lines are not taken in", {{"reason", why}});
    }
  }
  why_ = why;
  full_.set(why_.empty() ? 0 : 1);
  changed_.notify();
}

env::awaitable<void> disk_watch::run() {
  while (!co_await env::is_cancelled()) {
    co_await look();
    co_await env_.loop.sleep(look_every);
  }
}

}  // namespace oklog::node
