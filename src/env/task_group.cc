#include "oklog/env/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <list>

#include "env/cancelled.h"
#include "oklog/base/assert.h"

namespace oklog::env {

namespace asio = boost::asio;

struct task_group::state {
  explicit state(scheduler& loop)
      : executor(loop.executor()), ended(executor, asio::steady_timer::time_point::max()) {}

  asio::any_io_executor executor;
  // One signal a task inside. A list, because a signal cannot move and its task erases it.
  std::list<asio::cancellation_signal> inside;
  asio::steady_timer ended;  // never expires: cancelled when the last task has ended
  bool stopping = false;
  // A frame was destroyed inside join(): the loop is being torn down, tasks and all.
  bool torn_down = false;
};

namespace {

[[noreturn]] void abort_with(const std::exception_ptr& thrown) {
  std::string what = "an exception reached the root of a task";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    what += std::string(": ") + e.what();
  } catch (...) {
    what += ", not a std::exception";
  }
  assert_failed(__FILE__, __LINE__, "no exception leaves a task", what);
}

awaitable<void> root_of(awaitable<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  // A turn of the loop later, so that spawn() never runs a task's first steps inside its caller.
  co_await asio::post(asio::use_awaitable);
  co_await std::move(task);
}

}  // namespace

task_group::task_group(scheduler& loop) : state_(std::make_shared<state>(loop)) {}

task_group::~task_group() {
  ASSERT(state_->inside.empty() || state_->torn_down, "a task_group ends with tasks inside");
}

void task_group::spawn(awaitable<void> task) {
  if (state_->stopping) return;
  const auto mine = state_->inside.emplace(state_->inside.end());
  auto ended = [held = state_, mine](const std::exception_ptr& thrown) {
    if (thrown) abort_with(thrown);
    held->inside.erase(mine);
    if (held->inside.empty()) held->ended.cancel();
  };
  asio::co_spawn(state_->executor, root_of(std::move(task)),
                 asio::bind_cancellation_slot(mine->slot(), std::move(ended)));
}

void task_group::stop() {
  state_->stopping = true;
  // Terminal is the one kind that every operation obeys. Emitting only queues completions: no task
  // runs, and so none leaves the list, before we return to the loop. On the executor, since that is
  // where a task's own signal is emitted, which a task that ended in between would have taken away.
  asio::dispatch(state_->executor, [held = state_] {
    for (auto& signal : held->inside) signal.emit(asio::cancellation_type::terminal);
  });
}

bool task_group::stopping() const {
  return state_->stopping;
}

std::size_t task_group::size() const {
  return state_->inside.size();
}

awaitable<void> task_group::join() {
  struct frame_guard {
    std::shared_ptr<state> held;
    ~frame_guard() { held->torn_down = !held->inside.empty(); }
  };
  const frame_guard guard{state_};
  while (!state_->inside.empty()) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancelled(cancellation) && !state_->stopping) stop();
    co_await state_->ended.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

awaitable<bool> is_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return cancelled(state);
}

awaitable<void> both(scheduler& loop, awaitable<void> a, awaitable<void> b) {
  task_group group(loop);
  group.spawn(std::move(a));
  group.spawn(std::move(b));
  co_await group.join();
}

awaitable<void> all(scheduler& loop, std::vector<awaitable<void>> tasks) {
  task_group group(loop);
  for (auto& task : tasks) group.spawn(std::move(task));
  co_await group.join();
}

namespace detail {

namespace {

// What an op that is limited shares with whoever may stop it, which is the frame that waits for it.
struct limited {
  asio::cancellation_signal signal;
  bool ended = false;
  bool expired = false;

  void stop() {
    if (!ended) signal.emit(asio::cancellation_type::terminal);
  }
};

awaitable<void> run_limited(awaitable<void> op, limited& shared, bool stopped) {
  co_await asio::this_coro::throw_if_cancelled(false);
  // A stop that came before it began has been posted, and comes first.
  if (stopped) co_await asio::post(asio::use_awaitable);
  co_await std::move(op);
  shared.ended = true;
}

}  // namespace

// One coroutine, whose slot is its own, and whom the alarm and the caller's stop reach alike. Two
// tasks in a group would do the same for twice the price, and there is hardly a wait without limit.
awaitable<bool> run_with_limit(scheduler& loop, duration limit, awaitable<void> op) {
  const auto outer = co_await asio::this_coro::cancellation_state;
  const bool stopped = cancelled(outer);
  const asio::any_io_executor executor = loop.executor();
  limited shared;
  const auto alarm = loop.call_after(limit, [&shared] {
    shared.expired = !shared.ended;
    shared.stop();
  });
  if (stopped) asio::post(executor, [&shared] { shared.stop(); });
  auto slot = outer.slot();
  if (slot.is_connected()) slot.assign([&shared](asio::cancellation_type) { shared.stop(); });
  auto running = run_limited(std::move(op), shared, stopped);
  co_await asio::co_spawn(executor, std::move(running),
                          asio::bind_cancellation_slot(shared.signal.slot(), asio::use_awaitable));
  co_return shared.expired;
}

error timed_out(const std::string& what, duration limit) {
  return fail(errc::timeout, what + ": no answer within " + format_duration(limit));
}

}  // namespace detail

}  // namespace oklog::env
