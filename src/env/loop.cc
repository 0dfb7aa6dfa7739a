#include "env/loop.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "env/cancelled.h"

namespace oklog::env {

namespace asio = boost::asio;

namespace {

// Once a thread. Best effort: where it is refused, searches run like everything else.
void lower_priority() {
  constexpr int steps = 5;
  thread_local const int done = [] {
    const auto self = static_cast<id_t>(::syscall(SYS_gettid));
    return ::setpriority(PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + steps);
  }();
  static_cast<void>(done);
}

// Does `work` on the pool, then completes `handler` where its coroutine lives. The guard keeps the
// loop running meanwhile.
struct pool_call {
  asio::thread_pool& pool;
  bool low_priority;

  template <class Handler>
  void operator()(Handler handler, std::function<void()> work) const {
    auto guard = asio::make_work_guard(handler);
    asio::post(pool, [guard = std::move(guard), handler = std::move(handler),
                      work = std::move(work), low = low_priority]() mutable {
      if (low) lower_priority();
      work();
      asio::post(guard.get_executor(), std::move(handler));
    });
  }
};

// The timer's handler may be queued already when the alarm ends: it looks whether the call is still
// wanted.
class real_alarm final : public alarm {
 public:
  real_alarm(asio::io_context& context, duration d, std::function<void()> what)
      : timer_(context), what_(std::make_shared<std::function<void()>>(std::move(what))) {
    timer_.expires_after(d);
    timer_.async_wait([weak = std::weak_ptr(what_)](const boost::system::error_code&) {
      if (const auto wanted = weak.lock()) (*wanted)();
    });
  }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> what_;
};

}  // namespace

real_loop::real_loop(unsigned pool_threads)
    : threads_(std::max(pool_threads, 1U)),
      search_threads_(std::max(std::thread::hardware_concurrency(), 1U)),
      pool_(threads_),
      searchers_(search_threads_) {}

real_loop::~real_loop() {
  pool_.stop();
  searchers_.stop();
  pool_.join();
  searchers_.join();
}

asio::any_io_executor real_loop::executor() {
  return context_.get_executor();
}

std::unique_ptr<alarm> real_loop::call_after(duration d, std::function<void()> what) {
  return std::make_unique<real_alarm>(context_, d, std::move(what));
}

awaitable<void> real_loop::sleep(duration d) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled(state)) co_return;
  asio::steady_timer timer(context_.get_executor());
  timer.expires_after(d);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

awaitable<void> real_loop::run_on_pool(std::function<void()> work, lane on) {
  const pool_call call{on == lane::search ? searchers_ : pool_, on == lane::search};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(call, asio::use_awaitable,
                                                                       std::move(work));
}

}  // namespace oklog::env
