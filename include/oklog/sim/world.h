// A whole cluster in one thread, on virtual time: hosts with their own disk,
// clocks and log, joined by a simulated network. Everything that happens
// follows from the seed: the same seed and the same test give the same
// trace_hash(), on every machine and at every optimisation.
//
//   sim::world world(seed);
//   auto& a = world.add_host("a");
//   node n(a.env(), ...);
//   world.run(n.start());
//   world.run_for(10min);
//   a.crash();                      // power off; n's environment fails from
//   now on world.run(n.stop());            // the old node must still be ended
//   and may be kept meanwhile a.start();                      // a.env() is a
//   new life on what the disk has kept
//
// Objects made with an environment must be destroyed before the world. Streams
// and listeners too.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/assert.h"
#include "oklog/env/env.h"
#include "oklog/env/task_group.h"
#include "oklog/sim/disk.h"
#include "oklog/sim/network.h"

namespace oklog::sim {

struct world_state;
struct host_state;

struct log_line {
  duration at;  // since the world began
  log_level level;
  std::string text;
};

class host {
 public:
  const std::string& name() const;
  const std::string& ip() const;   // 10.0.0.x
  const std::string& ip6() const;  // fd00::x

  // Of the present life. Its references stay valid as long as the world, but
  // fail once it is over.
  env::environment env();
  sim::disk& disk();
  // The disk as it is: the present life's, or what the next one will find.
  sim::disk& stored();
  const std::vector<log_line>& log() const;  // of all lives

  // The power goes: the disk becomes one of its crash states, peers hear
  // nothing more.
  void crash();
  // The process dies, the machine goes on: what was written stays, connections
  // are closed.
  void kill();
  // Crashes before the n-th change to the disk from now on (1 is the next).
  void crash_before_operation(std::uint64_t n);
  // The next life finds an empty disk. REQUIRES: not alive.
  void lose_disk();
  // A new life after crash() or kill(). REQUIRES: not alive.
  void start();
  bool alive() const;
  // The process is stopped (SIGSTOP), or the machine sleeps: nothing that was
  // spawned on this host runs until resume(). Clocks go on, connections stay,
  // what arrives waits in the kernel's buffers, sleeps that have ended meanwhile
  // end at resume(). A crash or kill ends the pause. What a test runs itself, in
  // a task of the world, is not held.
  void pause();
  void resume();
  bool paused() const;

  // Moves the wall clock, which otherwise goes at the right speed; `d` may be
  // negative.
  void step_wall_clock(duration d);
  // What a piece of work on the pool takes: a slow disk. Drawn uniformly.
  void set_pool_delay(duration lowest, duration highest);

 private:
  friend class world;
  explicit host(std::shared_ptr<host_state> state) : state_(std::move(state)) {}
  std::shared_ptr<host_state> state_;
};

class world {
 public:
  explicit world(std::uint64_t seed);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  // Its name resolves to its addresses, and these back to its name.
  host& add_host(const std::string& name);
  host& at(const std::string& name);
  network& net();
  prng& random();  // for the test's own choices
  std::uint64_t seed() const;
  // The world's own scheduler, for tasks of the test itself.
  env::scheduler& loop();

  duration elapsed() const;
  // What was due at a moment of its own, so far.
  std::uint64_t events() const;
  // Lets `d` pass.
  void run_for(duration d);
  // Until `done` holds, asked after every event; false where `limit` has passed
  // before.
  bool run_until(const std::function<bool()>& done, duration limit);
  // Runs `main` to its end. It must end within `limit` of virtual time.
  template <class T>
  T run(env::awaitable<T> main, duration limit = std::chrono::hours(24));

  // Log lines are printed to stderr as they come.
  void print_logs(bool on);
  // Adds something to the trace.
  void trace(std::string_view event);
  std::uint64_t trace_hash() const;

 private:
  std::unique_ptr<world_state> state_;
};

template <class T>
env::awaitable<void> keep_value(env::awaitable<T> main, std::optional<T>& out) {
  T value = co_await std::move(main);
  out.emplace(std::move(value));
}

template <class T>
T world::run(env::awaitable<T> main, duration limit) {
  env::task_group group(loop());
  const auto ended = [&] { return group.size() == 0; };
  if constexpr (std::is_void_v<T>) {
    group.spawn(std::move(main));
    const bool done = run_until(ended, limit);
    ASSERT(done, "world::run: the task has not ended in time");
  } else {
    std::optional<T> out;
    group.spawn(keep_value(std::move(main), out));
    const bool done = run_until(ended, limit);
    ASSERT(done, "world::run: the task has not ended in time");
    return std::move(*out);
  }
}

}  // namespace oklog::sim
