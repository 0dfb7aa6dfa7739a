#include "oklog/env/event.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>

#include "env/cancelled.h"
#include "oklog/env/task_group.h"

namespace oklog::env {

namespace asio = boost::asio;

struct event::state {
  explicit state(scheduler& l)
      : loop(l), timer(l.executor(), asio::steady_timer::time_point::max()) {}

  scheduler& loop;
  asio::steady_timer timer;  // never expires: notify() cancels it for all who wait
  std::uint64_t notified = 0;

  // Takes the state, not the event, which may die while somebody waits.
  static awaitable<void> wait_beyond(std::shared_ptr<state> held, std::uint64_t seen) {
    while (held->notified == seen) {
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancelled(cancellation)) co_return;
      co_await held->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  static awaitable<bool> wait_beyond_for(std::shared_ptr<state> held, std::uint64_t seen,
                                         duration limit) {
    awaitable<void> wait = wait_beyond(held, seen);
    co_await detail::run_with_limit(held->loop, limit, std::move(wait));
    co_return held->notified != seen;
  }
};

event::event(scheduler& loop) : state_(std::make_shared<state>(loop)) {}

// Who still waits is woken, so that no task outlives the thing it waits for unseen.
event::~event() {
  notify();
}

void event::notify() {
  ++state_->notified;
  state_->timer.cancel();
}

// What was notified by now is read here and not in the coroutine, which may begin much later.
awaitable<void> event::wait() {
  return state::wait_beyond(state_, state_->notified);
}

awaitable<bool> event::wait_for(duration limit) {
  return state::wait_beyond_for(state_, state_->notified, limit);
}

}  // namespace oklog::env
