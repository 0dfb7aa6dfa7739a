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

void await_signals(asio::signal_set& signals, const std::function<void(int)>& on_signal) {
  signals.async_wait([&](const boost::system::error_code& ec, int number) {
    if (ec) return;
    on_signal(number);
    await_signals(signals, on_signal);
  });
}

awaitable<void> keep_value(awaitable<int> main, int* value) { *value = co_await std::move(main); }

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

int real_world::run(awaitable<int> main, std::function<void(int)> on_signal) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  asio::io_context& loop = impl_->loop.context();
  loop.restart();
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  await_signals(signals, on_signal);
  int value = 0;
  task_group root(impl_->loop);
  root.spawn(keep_value(std::move(main), &value));
  asio::co_spawn(loop, stop_when_ended(root, loop), asio::detached);
  loop.run();
  ASSERT(root.size() == 0, "the loop stops before main has ended");
  return value;
}

std::unique_ptr<stream> real_world::open_input(int fd) { return make_input(impl_->loop, fd); }

}  // namespace oklog::env
