// The loop and the pool: where coroutines run, sleep, and hand work that blocks to threads.
//
// One loop thread owns all mutable state of a node; nothing of ours is locked. The pool is given
// functions that see only values and immutable snapshots. In the simulation a sleep is a jump of
// virtual time, and offload runs in line after a virtual delay.
//
// g++ 12 destroys some temporaries of co_await expressions twice. Inside a co_await expression
// never write a braced aggregate, a braced list, or a lambda that captures by value: name them
// before. A lambda that captures by reference only is safe, because the awaiter outlives the call.
// Nor may a co_await stand inside a condition (if, while, ?:, &&) or a test's CHECK: the former is
// miscompiled, the latter awaits twice. Name the value, then ask it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "oklog/base/result.h"
#include "oklog/base/time.h"

namespace oklog::env {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// Which threads of the pool do a piece of work. A search may keep its threads busy for as long as
// it likes: what receives, writes and replies goes before it.
enum class lane {
  prompt,  // what somebody waits for who is not to wait for searches
  search,  // on threads of their own, of lower priority where the system has any
};

// A call that is still to come. Its end takes it back.
class alarm {
 public:
  virtual ~alarm() = default;
};

class scheduler {
 public:
  virtual ~scheduler() = default;
  virtual boost::asio::any_io_executor executor() = 0;
  // Calls `what` after `d`, in a turn of its own, unless the alarm ends before.
  virtual std::unique_ptr<alarm> call_after(duration d, std::function<void()> what) = 0;
  // Returns early, without an error, when the task is stopped, and at once when it already is (the
  // policy is in task_group.h): loops ask their task_group.
  virtual awaitable<void> sleep(duration d) = 0;
  // Runs `work` on the pool, goes on here when it is done. Never cancelled: the work always runs.
  virtual awaitable<void> run_on_pool(std::function<void()> work, lane on) = 0;
  // How many pieces of work a lane does at once.
  virtual unsigned pool_threads(lane on) const = 0;
};

// co_await offload(scheduler, [&] { ... }): the value of a blocking or CPU-heavy function.
template <class Work>
awaitable<std::invoke_result_t<Work&>> offload(scheduler& loop, Work&& work,
                                               lane on = lane::prompt) {
  using value = std::invoke_result_t<Work&>;
  auto* borrowed = &work;
  if constexpr (std::is_void_v<value>) {
    std::function<void()> run = [borrowed] { (*borrowed)(); };
    co_await loop.run_on_pool(std::move(run), on);
  } else {
    std::optional<value> out;
    auto* slot = &out;
    std::function<void()> run = [borrowed, slot] { slot->emplace((*borrowed)()); };
    co_await loop.run_on_pool(std::move(run), on);
    co_return std::move(*out);
  }
}

}  // namespace oklog::env
