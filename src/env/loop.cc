#include "env/loop.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "env/cancelled.h"

namespace oklog::env {

namespace asio = boost::asio;

namespace {

// Does `work` on the pool, then completes `handler` where its coroutine lives. The guard keeps the
// loop running meanwhile.
struct pool_call {
  asio::thread_pool& pool;

  template <class Handler>
  void operator()(Handler handler, std::function<void()> work) const {
    auto guard = asio::make_work_guard(handler);
    asio::post(pool, [guard = std::move(guard), handler = std::move(handler),
                      work = std::move(work)]() mutable {
      work();
      asio::post(guard.get_executor(), std::move(handler));
    });
  }
};

}  // namespace

real_loop::real_loop(unsigned pool_threads)
    : threads_(std::max(pool_threads, 1U)), pool_(threads_) {}

real_loop::~real_loop() {
  pool_.stop();
  pool_.join();
}

asio::any_io_executor real_loop::executor() {
  return context_.get_executor();
}

awaitable<void> real_loop::sleep(duration d) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled(state)) co_return;
  asio::steady_timer timer(context_.get_executor());
  timer.expires_after(d);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

awaitable<void> real_loop::run_on_pool(std::function<void()> work) {
  const pool_call call{pool_};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(call, asio::use_awaitable,
                                                                       std::move(work));
}

}  // namespace oklog::env
