// The worlds in which each contract of env is tested: the real one (a scratch folder, loopback) and
// the simulated one. A test is a function or a coroutine over an environment.
#pragma once

#include <functional>
#include <string>

#include "oklog/env/env.h"

namespace oklog::env {

class world {
 public:
  virtual ~world() = default;
  virtual std::string name() const = 0;
  virtual environment env() = 0;
  // An empty directory of that world, gone with it.
  virtual std::string folder() const = 0;
  // Where env() can be reached by itself.
  virtual std::string ip() const = 0;
  // Makes a symbolic link, a fifo, or what else is neither file nor directory.
  virtual void plant_other(const std::string& path) = 0;
  // Runs `main` to its end, as the node's main would be.
  virtual int run(awaitable<int> main) = 0;
};

// Returns once every task that was spawned before has come to where it first waits.
awaitable<void> let_begin(scheduler& loop);

// What one read fails with.
inline awaitable<void> read_code(stream& s, errc* code) {
  char buffer[16];
  auto n = co_await s.read_some(buffer, sizeof buffer);
  if (!n) *code = n.error().code;
}

// Calls `test` with a fresh world of each kind.
void for_each_world(const std::function<void(world&)>& test);
// The same for a coroutine.
void run_in_each_world(awaitable<int> (*test)(world&));

}  // namespace oklog::env
