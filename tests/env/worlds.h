// The worlds in which each contract of env is tested: the real one (a scratch folder, loopback) and
// the simulated one. A test is a function or coroutine over an environment.
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
  // Another place on the same network: connects to listeners of env().
  virtual environment peer() = 0;
  // Runs test(env()) to its end, as the node's main would be.
  virtual int run(std::function<awaitable<int>(environment)> test) = 0;
};

// Calls `test` with a fresh world of each kind, inside a section of its name.
void for_each_world(const std::function<void(world&)>& test);

}  // namespace oklog::env
