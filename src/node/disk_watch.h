// Watches the free space of the data directories: below the reserve nothing more is taken in, until
// there is room again. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node/fill_forecast.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"

namespace oklog::node {

class disk_watch {
 public:
  // `reserve` 0: min(5 % of the disk, 1 GiB).
  disk_watch(env::environment env, std::uint64_t reserve, metrics_registry& registry);

  struct data_path {
    std::string path;
    env::disk_space space{};
    std::uint64_t reserve = 0;
    bool asked = false;  // the disk has answered once; what it said last stands until it does again
    std::string silent = {};  // why it did not answer this time
  };
  struct room {
    std::vector<data_path> paths;
    std::uint64_t least_free = ~0ULL;
    std::string why;  // there is too little
  };

  void add(std::string path) { paths_.push_back({std::move(path)}); }
  bool full() const { return !why_.empty(); }
  // A sentence for people; empty while there is room.
  const std::string& why() const { return why_; }
  // Of the store's disk, or of the ingester's where there is no store.
  env::disk_space space() const;
  // As they were last looked at, in the order in which they were added.
  const std::vector<data_path>& paths() const { return paths_; }
  // When that directory's disk will have its reserve alone, if it goes on as in the last minutes;
  // nothing where it is not filling.
  std::optional<duration> full_in(const std::string& path) const;
  // The first one to be full.
  std::optional<duration> full_in() const;
  // Looks again now, and then each second until its task is stopped.
  env::awaitable<void> run();
  env::awaitable<void> look();
  env::event& changed() { return changed_; }

 private:
  void note(const room& found);

  env::environment env_;
  std::uint64_t reserve_;
  std::vector<data_path> paths_;
  std::map<std::string, fill_forecast> forecasts_;
  std::string why_;
  env::event changed_;
  gauge full_;
  gauge free_bytes_;
  gauge full_in_;
};

}  // namespace oklog::node
