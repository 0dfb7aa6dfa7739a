// A node: the loops of an ingester, a store, or both, over one environment.
//
//   process node(env, config);
//   exit code = co_await node.run();     // until stop()
//
// run() opens the directories, listens, says in one log line which addresses it has, serves, and
// when stopped drains: no new connections, everything received is put on disk, and for at most
// drain_timeout what is on the ingester is handed over to the store. Exit codes: 0 drained, 1
// failed.
#pragma once

#include <memory>

#include "oklog/env/env.h"
#include "oklog/node/config.h"

namespace oklog::node {

class process {
 public:
  process(env::environment env, config c);
  ~process();

  env::awaitable<int> run();
  // May be called again; loop thread.
  void stop();
  // Reads again what may change while it runs: the keyring. Loop thread.
  void reload();

  // Once ready: the addresses in use, by flag ("api", "cluster", "fast", "durable").
  const std::vector<std::pair<std::string, env::endpoint>>& addresses() const;
  bool ready() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

// How many threads the pool of a real node should have.
unsigned pool_threads();

}  // namespace oklog::node
