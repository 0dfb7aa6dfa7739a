// HTTP/1.1 over env streams: one request after another on each connection, strict about what it
// takes in (limits.h), bounded in what it holds.
//
// While a handler runs, its connection is watched: a client that has gone (end of stream, reset)
// cancels the handler at once. A client that half-closes has gone, as with Go's server.
#pragma once

#include <list>
#include <memory>

#include "oklog/env/env.h"
#include "oklog/env/task_group.h"
#include "oklog/http/limits.h"
#include "oklog/http/metrics.h"
#include "oklog/http/router.h"

namespace oklog::http {

// Shared by the connections of one server.
struct server_state {
  bool draining = false;
  // Nothing of a request has come: may be closed at any time. In the order in which they came: a
  // simulation must not depend on where things lie in memory.
  std::list<env::stream*> idle;
};

// Serves one connection until it ends. `routes`, `limits`, `metrics` and `state` outlive it. When
// the task is stopped, an answer under way ends with a reset.
env::awaitable<void> serve_connection(env::environment env, std::unique_ptr<env::stream> stream,
                                      const router& routes, const server_limits& limits,
                                      server_metrics& metrics, server_state& state);

class server {
 public:
  // All must outlive run().
  server(env::environment env, env::listener& listener, const router& routes,
         const server_limits& limits, server_metrics& metrics);

  // Accepts until drain() or until its task is stopped, then waits for the connections.
  env::awaitable<void> run();
  // No new connections, no further requests on old ones; answers under way are finished. run() then
  // ends by itself; stop its task to end sooner.
  void drain();

 private:
  env::awaitable<void> accept_one(env::task_group& connections, bool& listening);
  env::awaitable<void> serve(std::unique_ptr<env::stream> stream);
  env::awaitable<void> turn_away(std::unique_ptr<env::stream> stream);

  env::environment env_;
  env::listener& listener_;
  const router& routes_;
  const server_limits& limits_;
  server_metrics& metrics_;
  server_state state_;
};

}  // namespace oklog::http
