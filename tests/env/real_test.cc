// What only the real world has: signals, inherited descriptors, the kernel's limits.
#include "oklog/env/real.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <vector>

#include "env/worlds.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"

namespace oklog::env {
namespace {

using namespace std::chrono_literals;

int run(real_world& world, awaitable<int> main) {
  return world.run(std::move(main), [](int) {});
}

// The signals that reached the loop.
struct signals {
  explicit signals(scheduler& loop) : changed(loop) {}
  void note(int number) {
    seen.push_back(number);
    changed.notify();
  }
  awaitable<void> reach(std::size_t count) {
    while (seen.size() < count) co_await changed.wait();
  }
  std::vector<int> seen;
  event changed;
};

awaitable<int> raise_twice(signals* s) {
  ::raise(SIGTERM);
  co_await s->reach(1);
  ::raise(SIGINT);
  co_await s->reach(2);
  co_return 3;
}

awaitable<int> raise_hangup(signals* s) {
  for (std::size_t i = 1; i <= 2; ++i) {
    ::raise(SIGHUP);
    co_await s->reach(i);
  }
  ::raise(SIGTERM);
  co_await s->reach(3);
  co_return 0;
}

awaitable<int> hangup_ends_us() {
  ::raise(SIGHUP);
  co_return 0;
}

awaitable<int> write_to_nobody() {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  CHECK(::write(ends[1], "x", 1) == -1);
  ::close(ends[1]);
  co_return 0;
}

awaitable<int> take_turns(scheduler& loop, int* turns) {
  for (int i = 0; i < 3; ++i) {
    co_await let_begin(loop);
    ++*turns;
  }
  co_return *turns;
}

// What was read so far.
struct heard {
  explicit heard(scheduler& loop) : changed(loop) {}
  std::string text;
  event changed;
};

awaitable<void> read_all(stream& in, heard* out) {
  char buffer[7];
  for (;;) {
    auto n = co_await in.read_some(buffer, sizeof buffer);
    REQUIRE(n);
    if (*n == 0) co_return;
    out->text.append(buffer, *n);
    out->changed.notify();
  }
}

// A piece once the one before was read, so that the reader has to wait for each.
awaitable<void> feed(heard* by, int fd) {
  std::size_t fed = 0;
  for (const std::string piece : {"first ", "second ", "third, longer than the buffer"}) {
    while (by->text.size() < fed) co_await by->changed.wait();
    CHECK(::write(fd, piece.data(), piece.size()) > 0);
    fed += piece.size();
  }
  ::close(fd);
}

awaitable<int> read_pipe(real_world& world, int read_end, int write_end) {
  auto in = world.open_input(read_end);
  char byte = 0;
  auto early = in->read_now(&byte, 1);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == errc::busy);
  heard seen(world.env().loop);
  co_await both(world.env().loop, read_all(*in, &seen), feed(&seen, write_end));
  CHECK(seen.text == "first second third, longer than the buffer");
  CHECK((::fcntl(read_end, F_GETFL) & O_NONBLOCK) == 0);  // it is shared with our parent
  co_return 0;
}

awaitable<int> read_plain(real_world& world, int fd) {
  auto in = world.open_input(fd);
  heard seen(world.env().loop);
  co_await read_all(*in, &seen);
  CHECK(seen.text.size() == 100000);
  auto written = co_await in->write("x");
  REQUIRE_FALSE(written);
  co_return 0;
}

awaitable<int> stop_reading(real_world& world, int fd) {
  auto in = world.open_input(fd);
  errc code = errc::io;
  task_group group(world.env().loop);
  group.spawn(read_code(*in, &code));
  co_await let_begin(world.env().loop);
  group.stop();
  co_await group.join();
  CHECK(code == errc::cancelled);
  co_return 0;
}

struct fd_limit {
  explicit fd_limit(rlim_t soft) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit now = before;
    now.rlim_cur = soft;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &now) == 0);
  }
  ~fd_limit() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

awaitable<int> run_out_of_descriptors(real_world& world) {
  const environment env = world.env();
  endpoint any;
  any.ip = "127.0.0.1";
  auto at = env.net.listen(any);
  REQUIRE(at);
  auto client = co_await env.net.connect((*at)->local());
  REQUIRE(client);
  const int next = ::dup(0);
  ::close(next);
  {
    const fd_limit none_left(static_cast<rlim_t>(next));
    auto refused = co_await (*at)->accept();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::busy);
  }
  auto accepted = co_await (*at)->accept();
  CHECK(accepted);
  co_return 0;
}

awaitable<int> listen_on_both(real_world& world) {
  const environment env = world.env();
  endpoint v6;
  v6.ip = "::";
  auto first = env.net.listen(v6);
  if (!first) {
    WARN("this machine has no IPv6: " << first.error().what);
    co_return 0;
  }
  endpoint v4;
  v4.ip = "0.0.0.0";
  v4.port = (*first)->local().port;
  auto second = env.net.listen(v4);
  CHECK(second);
  endpoint loopback;
  loopback.ip = "::1";
  loopback.port = v4.port;
  auto client = co_await env.net.connect(loopback);
  CHECK(client);
  co_return 0;
}

}  // namespace

TEST_CASE("run: each SIGINT and SIGTERM reaches the loop, main's value comes back", "[env]") {
  real_world world(make_null_logger(), 1);
  signals s(world.env().loop);
  const int value = world.run(raise_twice(&s), [&](int number) { s.note(number); });
  CHECK(value == 3);
  CHECK(s.seen == std::vector<int>{SIGTERM, SIGINT});
}

TEST_CASE("run: each SIGHUP calls its own handler and stops nothing", "[env]") {
  real_world world(make_null_logger(), 1);
  signals s(world.env().loop);
  const auto on_signal = [&](int number) { s.note(number); };
  const auto on_hangup = [&] { s.note(SIGHUP); };
  CHECK(world.run(raise_hangup(&s), on_signal, on_hangup) == 0);
  CHECK(s.seen == std::vector<int>{SIGHUP, SIGHUP, SIGTERM});
}

TEST_CASE("run: SIGHUP ends a process that has no handler for it", "[env]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)::signal(SIGHUP, SIG_DFL);  // the runner may be under nohup
    real_world world(make_null_logger(), 1);
    ::_exit(run(world, hangup_ends_us()));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGHUP);
}

TEST_CASE("run: SIGPIPE is ignored", "[env]") {
  real_world world(make_null_logger(), 1);
  CHECK(run(world, write_to_nobody()) == 0);
}

TEST_CASE("run: can be called again", "[env]") {
  real_world world(make_null_logger(), 1);
  int turns = 0;
  CHECK(run(world, take_turns(world.env().loop, &turns)) == 3);
  CHECK(run(world, take_turns(world.env().loop, &turns)) == 6);
}

TEST_CASE("open_input: a pipe is read to its end and stays a blocking one", "[env]") {
  real_world world(make_null_logger(), 1);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(run(world, read_pipe(world, ends[0], ends[1])) == 0);
  ::close(ends[0]);
}

TEST_CASE("open_input: a terminal is waited for and stays a blocking one", "[env]") {
  real_world world(make_null_logger(), 1);
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  CHECK(run(world, stop_reading(world, terminal)) == 0);
  CHECK((::fcntl(terminal, F_GETFL) & O_NONBLOCK) == 0);
  ::close(terminal);
  ::close(master);
}

TEST_CASE("open_input: a plain file is read to its end", "[env]") {
  real_world world(make_null_logger(), 1);
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const std::string text(100000, 'x');
  REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  std::rewind(file);
  CHECK(run(world, read_plain(world, ::fileno(file))) == 0);
  std::fclose(file);
}

TEST_CASE("accept: out of descriptors is busy, and goes on when there are some", "[env]") {
  real_world world(make_null_logger(), 1);
  CHECK(run(world, run_out_of_descriptors(world)) == 0);
}

TEST_CASE("listen: [::] is IPv6 alone, so that 0.0.0.0 can have the same port", "[env]") {
  real_world world(make_null_logger(), 1);
  CHECK(run(world, listen_on_both(world)) == 0);
}

}  // namespace oklog::env
