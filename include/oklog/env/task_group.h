// A set of coroutines that stop and end together. Every spawned task belongs to one.
//
//   task_group tasks(loop);
//   tasks.spawn(accept_loop(...));      // coroutine parameters by value or outliving the group
//   ...
//   tasks.stop();                       // cancels what each is waiting for, and refuses new ones
//   co_await tasks.join();              // until all have ended
//
// The policy of cancellation, which every operation of env keeps, in both worlds:
//  - It reaches a task only by the stop() of its group, or by a with_timeout around it.
//  - It never throws. What is pending fails with errc::cancelled; a sleep or an event's wait just
//    returns. State may therefore change before or after an await, never half-way.
//  - It sticks: once a task is stopped, each operation that it begins fails at once, so that a loop
//    that forgets to ask stopping() cannot hang (it spins, which shows).
//  - It goes down: a task that is stopped while it waits in join(), both() or with_timeout() stops
//    what it waits for, and still waits until that has ended.
//  - run_on_pool is not cancelled: the work always runs, and is waited for.
// A task begins in a later turn of the loop, not inside spawn(). The destructor asserts that nobody
// is inside. An exception that reaches a task's root is a bug: it aborts the process.
// Loop thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

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
  // How many are inside, those included that have not begun yet.
  std::size_t size() const;
  // Until all have ended, with their frames destroyed. Passes a stop of the caller on.
  awaitable<void> join();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

// True once the task that asks has been stopped.
awaitable<bool> is_cancelled();

// The value of `op`, or errc::timeout after `limit`; the loser is cancelled and waited for, so an
// op that ignores cancellation (the pool) delays the answer. `what` names the wait in the error.
template <class T>
awaitable<result<T>> with_timeout(scheduler& loop, duration limit, std::string what,
                                  awaitable<result<T>> op);

// At once; ends when all have ended.
awaitable<void> both(scheduler& loop, awaitable<void> a, awaitable<void> b);
awaitable<void> all(scheduler& loop, std::vector<awaitable<void>> tasks);

}  // namespace oklog::env

#include "oklog/env/task_group_impl.h"
