// The real world: Asio over epoll, POSIX files, the system's clocks, resolver and entropy.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "oklog/env/env.h"

namespace oklog::env {

// Raises the number of files that this process may have open to what the system allows it, since
// the usual 1024 are fewer than the connections that a node takes. The number in force; 0: unknown.
std::uint64_t raise_open_files();

// For processes that run a pool: the C library gives each thread a heap of its own, and each keeps
// what the largest piece of work on it took. With one heap memory is what is in use, and pages go
// from one piece of work to the next without being cleared again. Before the first thread.
void share_one_heap();

class real_world {
 public:
  // `pool_threads` do the blocking calls and the CPU-heavy work.
  real_world(std::unique_ptr<logger> log, unsigned pool_threads);
  ~real_world();

  environment env();

  // Runs `main` on the calling thread until it ends; SIGINT and SIGTERM call `on_signal(number)` on
  // the loop each time, and SIGHUP calls `on_hangup`; without one it ends the process, as it does
  // everywhere. SIGPIPE is ignored. Returns main's value.
  int run(awaitable<int> main, std::function<void(int)> on_signal,
          std::function<void()> on_hangup = {});

  // A readable stream over a descriptor that the process was given (standard input): pipe, terminal
  // or plain file. write() and shutdown_send() fail.
  std::unique_ptr<stream> open_input(int fd);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace oklog::env
