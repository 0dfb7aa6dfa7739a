// A place to wait until something is worth looking at again. Not a value: a waiter checks its own
// condition in a loop. A notify() between the condition and the wait cannot be missed as long as
// nothing is awaited between them. Loop thread only.
#pragma once

#include <memory>

#include "oklog/env/scheduler.h"

namespace oklog::env {

class event {
 public:
  explicit event(scheduler& loop);
  ~event();
  // Wakes everybody who waits now.
  void notify();
  // Returns at the next notify(), when cancelled, or when the event is destroyed.
  awaitable<void> wait();
  // True if notified, false once `limit` has passed (or cancelled).
  awaitable<bool> wait_for(duration limit);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace oklog::env
