// A set of coroutines that stop and end together. Every spawned task belongs to one.
//
//   task_group tasks(loop);
//   tasks.spawn(accept_loop(...));      // coroutine parameters by value or outliving the group
//   ...
//   tasks.stop();                       // cancels what each is waiting for, and refuses new ones
//   co_await tasks.join();              // until all have ended
//
// A stopped task sees its pending operation fail with errc::cancelled (or its sleep return early) and
// must then return. The destructor asserts that nobody is inside. An exception that reaches a task's
// root is a bug: it aborts the process.
#pragma once

#include <cstddef>
#include <memory>

#include "oklog/env/scheduler.h"

namespace oklog::env {

class task_group {
 public:
  explicit task_group(scheduler& loop);
  ~task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  // After stop() the task is dropped without being started.
  void spawn(awaitable<void> task);
  void stop();
  bool stopping() const;
  std::size_t size() const;
  awaitable<void> join();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

// The value of `op`, or errc::timeout after `limit`; the loser is cancelled. `what` names the wait.
template <class T>
awaitable<result<T>> with_timeout(scheduler& loop, duration limit, std::string what,
                                  awaitable<result<T>> op);

// Both at once; ends when both have ended.
awaitable<void> both(scheduler& loop, awaitable<void> a, awaitable<void> b);

}  // namespace oklog::env

#include "oklog/env/task_group_impl.h"
