// Watches the free space of the data directories: below the reserve nothing more is taken in, until
// there is room again. Loop thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"

namespace oklog::node {

class disk_watch {
 public:
  // `reserve` 0: min(5 % of the disk, 1 GiB).
  disk_watch(env::environment env, std::uint64_t reserve, metrics_registry& registry);

  struct room {
    std::uint64_t least_free = ~0ULL;
    env::disk_space last;  // of the path that was added last
    std::string why;       // there is too little
  };

  void add(std::string path) { paths_.push_back(std::move(path)); }
  bool full() const { return !why_.empty(); }
  // A sentence for people; empty while there is room.
  const std::string& why() const { return why_; }
  // Of the store's disk, or of the ingester's where there is no store.
  env::disk_space space() const { return space_; }
  // Looks again now, and then each second until its task is stopped.
  env::awaitable<void> run();
  env::awaitable<void> look();
  env::event& changed() { return changed_; }

 private:
  void note(const room& found);

  env::environment env_;
  std::uint64_t reserve_;
  std::vector<std::string> paths_;
  std::string why_;
  env::disk_space space_{};
  env::event changed_;
  gauge full_;
  gauge free_bytes_;
};

}  // namespace oklog::node
