// Several processes that share a piece of work: a simulated world is one thread, and the machine
// has more.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace oklog::simulate {

struct worker_report {
  bool ended = false;  // in order; else it crashed
  std::string text;
};

// Runs `work(0)` to `work(count - 1)`, each in a process of its own; what each returns, in this
// order. With one worker it runs here.
std::vector<worker_report> run_workers(unsigned count,
                                       const std::function<std::string(unsigned)>& work);

}  // namespace oklog::simulate
