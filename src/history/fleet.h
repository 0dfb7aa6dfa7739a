// The nodes of a history: whole processes (node::process), each on a machine of its own, which
// start, die and come back.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/env/task_group.h"
#include "oklog/history/plan.h"
#include "oklog/http/client.h"
#include "oklog/node/node.h"
#include "oklog/sim/world.h"

namespace oklog::history {

// What came back of a question over HTTP.
struct reply {
  unsigned status = 0;  // 0: none came, or not to its end
  std::string body;
  http::header_list trailers;
};

class fleet {
 public:
  fleet(sim::world& world, const plan& p);
  // Before its judges go: whoever still runs is ended. Nothing else may be called after it.
  void shut_down();

  // One more machine, switched off; its number. The first ones are there from the beginning.
  std::size_t add(cluster::role role);
  std::size_t size() const { return machines_.size(); }
  sim::host& host(std::size_t i) const { return *machines_[i].host; }
  cluster::role role(std::size_t i) const { return machines_[i].role; }
  // Its process runs and is ready.
  bool serves(std::size_t i) const;
  bool gone(std::size_t i) const { return machines_[i].gone; }

  void start(std::size_t i);
  // The power goes, or the process dies, or it is asked to stop. Until start() it stays away.
  void crash(std::size_t i);
  void kill(std::size_t i);
  void stop(std::size_t i);
  // Whether the host has lost its power by itself (sim::host::crash_before_operation); told once.
  bool has_crashed(std::size_t i);
  // For good. REQUIRES: its host is not alive.
  void give_up(std::size_t i) { machines_[i].gone = true; }
  // Starts again what has ended by itself, as a service manager does.
  void tend();
  // Machines that are to be started by now, whatever has happened to them.
  void start_all();
  // Stops all processes in order. False where one of them does not end, or fails.
  bool stop_all();

  std::string url(std::size_t i, const std::string& target) const;
  // Asks from the client's machine, for at most `limit`.
  env::awaitable<reply> ask(http::method how, std::string url, duration limit);
  sim::host& client() { return *client_; }

  // Called whenever a machine's disk begins another life.
  std::function<void(std::size_t)> on_start;

 private:
  struct life {
    std::unique_ptr<node::process> process;
    std::optional<int> code;
  };
  struct machine {
    sim::host* host;
    cluster::role role;
    std::shared_ptr<life> now;  // null while it is away
    bool away = true;           // on purpose
    bool gone = false;
    unsigned starts = 0;
  };
  static env::awaitable<void> live(std::shared_ptr<life> l);
  unsigned factor_of(std::size_t i) const;
  node::config config_of(std::size_t i) const;
  void end_life(machine& m);

  sim::world& world_;
  const plan& plan_;
  sim::host* client_;
  std::vector<machine> machines_;
  env::task_group living_;
};

}  // namespace oklog::history
