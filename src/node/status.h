// What this node says of itself (api/status_api.h), and what it says in its log while nothing is
// consumed. Loop thread only.
#pragma once

#include <functional>
#include <string>

#include "node/disk_watch.h"
#include "node/ingester.h"
#include "node/membership.h"
#include "node/repair.h"
#include "node/shortage.h"
#include "node/storer.h"
#include "node/verdict.h"
#include "oklog/api/status_api.h"
#include "oklog/base/metrics.h"

namespace oklog::node {

class status_reporter {
 public:
  // Halves that a node does not have are nullptr. All that is passed outlives it.
  struct parts {
    const membership* members = nullptr;
    const disk_watch* disk = nullptr;
    ingester* in = nullptr;
    storer* st = nullptr;
    const repairer* repair = nullptr;
    std::string ingest_path;
    unsigned factor = 1;  // that the store is set to
    std::function<std::string()> not_ready;
  };
  status_reporter(env::environment env, parts of, metrics_registry& registry);

  api::node_status now() const;
  // Keeps the gauge of what answers cover. Every ten minutes, while nothing is consumed, says how
  // much waits, and for how long there is room.
  env::awaitable<void> run();

 private:
  api::ingest_status ingest_now() const;
  api::store_status store_now() const;
  store_shortage shortage() const;
  accounting accounts() const;
  void say_what_waits() const;

  env::environment env_;
  parts of_;
  boot_time since_;
  gauge coverage_;
};

}  // namespace oklog::node
