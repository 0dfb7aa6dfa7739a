#include "oklog/env/real.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "env/input.h"
#include "env/loop.h"
#include "env/posix_filesystem.h"
#include "env/system_clock.h"
#include "env/tcp_network.h"
#include "oklog/base/assert.h"
#include "oklog/env/task_group.h"

namespace oklog::env {

namespace asio = boost::asio;

struct real_world::impl {
  impl(std::unique_ptr<logger> l, unsigned pool_threads)
      : log(std::move(l)), loop(pool_threads), net(loop), random(system_entropy()) {}

  std::unique_ptr<logger> log;
  real_loop loop;
  tcp_network net;
  posix_filesystem fs;
  system_clock clock;
  prng random;
};

namespace {

struct signal_watch {
  signal_watch(asio::io_context& loop, std::function<void(int)> call, std::function<void()> hangup)
      : set(loop, SIGINT, SIGTERM), on_signal(std::move(call)), on_hangup(std::move(hangup)) {
    if (on_hangup) set.add(SIGHUP);
  }
  asio::signal_set set;
  std::function<void(int)> on_signal;
  std::function<void()> on_hangup;
};

// Weakly: what a signal has queued while run() ended is met by the next run().
void await_signals(const std::shared_ptr<signal_watch>& watch) {
  watch->set.async_wait(
      [weak = std::weak_ptr<signal_watch>(watch)](const boost::system::error_code& ec, int number) {
        const auto held = weak.lock();
        if (ec || !held) return;
        if (number == SIGHUP) {
          held->on_hangup();
        } else {
          held->on_signal(number);
        }
        await_signals(held);
      });
}

awaitable<void> keep_value(awaitable<int> main, int* value) {
  *value = co_await std::move(main);
}

awaitable<void> stop_when_ended(task_group& root, asio::io_context& loop) {
  co_await root.join();
  loop.stop();
}

}  // namespace

real_world::real_world(std::unique_ptr<logger> log, unsigned pool_threads)
    : impl_(std::make_unique<impl>(std::move(log), pool_threads)) {}

real_world::~real_world() = default;

environment real_world::env() {
  impl& i = *impl_;
  return {i.clock, i.fs, i.net, i.loop, i.random, *i.log};
}

int real_world::run(awaitable<int> main, std::function<void(int)> on_signal,
                    std::function<void()> on_hangup) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  asio::io_context& loop = impl_->loop.context();
  loop.restart();
  const auto watch =
      std::make_shared<signal_watch>(loop, std::move(on_signal), std::move(on_hangup));
  await_signals(watch);
  int value = 0;
  task_group root(impl_->loop);
  root.spawn(keep_value(std::move(main), &value));
  asio::co_spawn(loop, stop_when_ended(root, loop), asio::detached);
  loop.run();
  ASSERT(root.size() == 0, "the loop stops before main has ended");
  return value;
}

std::unique_ptr<stream> real_world::open_input(int fd) {
  return make_input(impl_->loop, fd);
}

}  // namespace oklog::env
