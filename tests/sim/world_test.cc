#include "oklog/sim/world.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace std::chrono_literals;
using env::awaitable;
using env::endpoint;
using env::environment;

namespace {

awaitable<void> note_after(env::scheduler& loop, duration d, std::string what,
                           std::vector<std::string>& out) {
  co_await loop.sleep(d);
  out.push_back(std::move(what));
}

// Answers each connection with what it has sent.
awaitable<void> serve(environment at, env::task_group& tasks) {
  endpoint any{"0.0.0.0", 7};
  auto listener = at.net.listen(any);
  while (listener && !tasks.stopping()) {
    auto peer = co_await (*listener)->accept();
    if (!peer) continue;
    char chunk[64];
    const auto n = co_await (*peer)->read_some(chunk, sizeof chunk);
    if (!n) continue;
    const std::string_view said(chunk, *n);
    const auto written = co_await (*peer)->write(said);
    at.log.info("echoed", {{"bytes", *n}, {"ok", written.has_value()}});
  }
}

awaitable<result<std::string>> ask(environment at, std::string ip) {
  endpoint to{ip, 7};
  CO_TRY_LET(auto s, co_await at.net.connect(to));
  CO_TRY(co_await s->write("hello"));
  char chunk[64];
  CO_TRY_LET(const std::size_t n, co_await s->read_some(chunk, sizeof chunk));
  co_return std::string(chunk, n);
}

awaitable<void> ask_often(environment at, std::string ip, int times, int& answers) {
  for (int i = 0; i < times; ++i) {
    const duration pause = std::chrono::milliseconds(at.random.below(50));
    co_await at.loop.sleep(pause);
    const duration limit = 3ms;
    const auto answer = co_await env::with_timeout(at.loop, limit, "ask", ask(at, ip));
    if (answer) ++answers;
  }
}

struct outcome {
  std::uint64_t hash;
  int answers;
  duration took;
  friend bool operator==(const outcome&, const outcome&) = default;
};

// Three hosts that talk, time out, and write to disks while links clog and one crashes.
outcome play(std::uint64_t seed) {
  sim::world world(seed);
  auto& server = world.add_host("server");
  auto& b = world.add_host("b");
  auto& c = world.add_host("c");
  env::task_group tasks(world.loop());
  tasks.spawn(serve(server.env(), tasks));
  int answers = 0;
  env::task_group clients(world.loop());
  clients.spawn(ask_often(b.env(), server.ip(), 100, answers));
  clients.spawn(ask_often(c.env(), server.ip(), 100, answers));
  world.net().clog("b", "server", 500ms);
  world.run(clients.join());
  c.crash();
  tasks.stop();
  world.run(tasks.join());
  return {world.trace_hash(), answers, world.elapsed()};
}

void write_file(sim::disk& d, const std::string& path, bool sync) {
  auto f = d.create(path);
  REQUIRE(f);
  REQUIRE((*f)->append("content"));
  if (sync) {
    REQUIRE((*f)->sync());
    REQUIRE(d.sync_dir("/"));
  }
}

}  // namespace

TEST_CASE("sim world: the same seed gives the same run, another seed another", "[sim]") {
  const outcome first = play(42);
  CHECK(first.answers > 20);
  CHECK(first.answers < 200);
  for (int i = 0; i < 3; ++i) CHECK(play(42) == first);
  CHECK(play(43).hash != first.hash);
  CHECK(play(44).hash != play(43).hash);
}

TEST_CASE("sim world: sleepers wake in the order of their deadlines, then of asking", "[sim]") {
  sim::world world(1);
  std::vector<std::string> order;
  env::task_group tasks(world.loop());
  tasks.spawn(note_after(world.loop(), 2h, "c", order));
  tasks.spawn(note_after(world.loop(), 1s, "a", order));
  tasks.spawn(note_after(world.loop(), 1s, "b", order));
  tasks.spawn(note_after(world.loop(), duration::max(), "never", order));
  world.run_for(1s);
  CHECK(order == std::vector<std::string>{"a", "b"});
  CHECK(world.run_until([&] { return order.size() == 3; }, 3h));
  CHECK(world.elapsed() == 2h);
  CHECK_FALSE(world.run_until([&] { return order.size() == 4; }, 1000h));
  tasks.stop();
  world.run(tasks.join());
  CHECK(order.back() == "never");
}

TEST_CASE("sim world: a wall clock steps, the boot clock does not", "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  auto& b = world.add_host("b");
  CHECK(a.env().clock.now() == b.env().clock.now());
  const boot_time before = a.env().clock.boot();
  a.step_wall_clock(-1h);
  CHECK(b.env().clock.now() - a.env().clock.now() == 1h);
  world.run_for(5s);
  CHECK(b.env().clock.now() - a.env().clock.now() == 1h);
  CHECK(a.env().clock.boot() - before == 5s);
}

TEST_CASE("sim world: work on the pool takes time and gives its value", "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  a.set_pool_delay(3s, 4s);
  const auto work = [](environment at) -> awaitable<int> {
    co_return co_await env::offload(at.loop, [&] { return 7; });
  };
  CHECK(world.run(work(a.env())) == 7);
  CHECK(world.elapsed() >= 3s);
  CHECK(world.elapsed() <= 4s);
}

TEST_CASE("sim world: work on the pool is not cancelled", "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  a.set_pool_delay(3s, 3s);
  bool done = false;
  const auto work = [](environment at, bool& out) -> awaitable<void> {
    co_await env::offload(at.loop, [&] { out = true; });
  };
  env::task_group tasks(world.loop());
  tasks.spawn(work(a.env(), done));
  world.run_for(1s);
  tasks.stop();
  world.run(tasks.join());
  CHECK(done);
  CHECK(world.elapsed() == 3s);
}

TEST_CASE("sim world: a crash keeps what was synced and may lose the rest", "[sim]") {
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    sim::world world(seed);
    auto& a = world.add_host("a");
    write_file(a.disk(), "/synced", true);
    write_file(a.disk(), "/unsynced", false);
    const environment old = a.env();
    a.crash();
    CHECK_FALSE(a.alive());
    CHECK(old.fs.open_read("/synced").error().code == errc::io);
    a.start();
    CHECK(a.disk().contents("/synced") == "content");
    kept += a.disk().contents("/unsynced") == "content" ? 1 : 0;
  }
  CHECK(kept > 0);
  CHECK(kept < 40);
}

TEST_CASE("sim world: a machine can lose its disk between two lives", "[sim]") {
  sim::world w(1);
  sim::host& h = w.add_host("a");
  h.disk().plant_file("/a", "kept");
  h.crash();
  CHECK(h.stored().contents("/a") == "kept");  // what the next life would find
  h.lose_disk();
  CHECK_FALSE(h.stored().contents("/a"));
  h.start();
  CHECK(h.disk().files().empty());
  CHECK(&h.stored() == &h.disk());
}

TEST_CASE("sim world: a killed process loses nothing that it wrote", "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  write_file(a.disk(), "/unsynced", false);
  const auto lock = a.disk().lock("/LOCK");
  a.kill();
  a.start();
  CHECK(a.disk().contents("/unsynced") == "content");
  CHECK(a.disk().lock("/LOCK"));
}

TEST_CASE("sim world: a host can crash in the middle of a piece of work", "[sim]") {
  for (std::uint64_t n = 1; n <= 4; ++n) {
    sim::world world(n);
    auto& a = world.add_host("a");
    a.crash_before_operation(n);
    sim::disk& d = a.disk();
    auto f = d.create("/a");
    CHECK(f.has_value() == (n > 1));
    if (f) CHECK((*f)->append("x").has_value() == (n > 2));
    if (f) CHECK((*f)->sync().has_value() == (n > 3));
    CHECK_FALSE(d.sync_dir("/"));
    CHECK(a.alive());
    world.run_for(1ms);
    CHECK_FALSE(a.alive());
    a.start();
    if (n == 1) CHECK(a.disk().files().empty());
  }
}

TEST_CASE("sim world: peers of a dead process hear it, of a dead machine much later", "[sim]") {
  for (const bool power : {false, true}) {
    sim::world world(7);
    auto& a = world.add_host("a");
    auto& b = world.add_host("b");
    endpoint any{"::", 7};
    auto listener = b.env().net.listen(any);
    endpoint to{b.ip6(), 7};
    auto client = world.run(a.env().net.connect(to));
    auto server = world.run((*listener)->accept());
    REQUIRE(server);
    const duration before = world.elapsed();
    if (power) {
      a.crash();
    } else {
      a.kill();
    }
    char c;
    const auto got = world.run((*server)->read_some(&c, 1));
    CHECK(got.has_value() == !power);
    if (power) CHECK(got.error().code == errc::timeout);
    CHECK((world.elapsed() - before > 100s) == power);
  }
}

TEST_CASE("sim world: a machine that comes back resets what it has forgotten", "[sim]") {
  sim::world world(7);
  auto& a = world.add_host("a");
  auto& b = world.add_host("b");
  endpoint any{"0.0.0.0", 7};
  auto listener = b.env().net.listen(any);
  endpoint to{b.ip(), 7};
  auto client = world.run(a.env().net.connect(to));
  auto server = world.run((*listener)->accept());
  a.crash();
  CHECK(world.run(a.env().net.connect(to)).error().code == errc::unavailable);
  world.run_for(10s);
  a.start();
  char c;
  CHECK(world.run((*server)->read_some(&c, 1)).error().code == errc::closed);
  CHECK(world.elapsed() < 11s);
  CHECK(world.run(a.env().net.connect(to)));
}

TEST_CASE("sim world: log lines are kept with their virtual time", "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  world.run_for(3s);
  a.env().log.warn("disk slow", {{"ms", 12}});
  REQUIRE(a.log().size() == 1);
  CHECK(a.log()[0].at == 3s);
  CHECK(a.log()[0].level == log_level::warn);
  CHECK(a.log()[0].text.find("disk slow") != std::string::npos);
}

namespace {

awaitable<void> tick(env::scheduler& loop, env::task_group& tasks, int& ticks) {
  while (!tasks.stopping()) {
    co_await loop.sleep(1s);
    ++ticks;
  }
}

awaitable<void> echo(environment at) {
  const endpoint any{"0.0.0.0", 7};
  auto listener = at.net.listen(any);
  REQUIRE(listener);
  auto s = co_await (*listener)->accept();
  if (!s) co_return;
  char c;
  for (;;) {
    auto n = co_await (*s)->read_some(&c, 1);
    if (!n || *n == 0) co_return;
    const std::string_view one(&c, 1);
    auto written = co_await (*s)->write(one);
    if (!written) co_return;
  }
}

}  // namespace

TEST_CASE("sim world: a paused host runs nothing, its clocks go on, then it takes up where it was",
          "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  int ticks = 0;
  env::task_group tasks(a.env().loop);
  tasks.spawn(tick(a.env().loop, tasks, ticks));
  world.run_for(3500ms);
  CHECK(ticks == 3);
  a.pause();
  const boot_time before = a.env().clock.boot();
  world.run_for(1h);
  CHECK(ticks == 3);
  CHECK(a.env().clock.boot() - before == 1h);
  a.resume();
  world.run_for(900ms);
  CHECK(ticks == 4);  // the sleep that has ended meanwhile; the next takes a second
  world.run_for(200ms);
  CHECK(ticks == 5);
  tasks.stop();
  world.run(tasks.join());
}

TEST_CASE("sim world: what is sent to a paused host waits, connections are taken by its kernel",
          "[sim]") {
  sim::world world(1);
  auto& a = world.add_host("a");
  auto& b = world.add_host("b");
  env::task_group tasks(a.env().loop);
  tasks.spawn(echo(a.env()));
  world.run_for(1s);
  a.pause();
  const endpoint to{a.ip(), 7};
  auto client = world.run(b.env().net.connect(to), 10s);
  REQUIRE(client);
  REQUIRE(world.run((*client)->write("x"), 10s));
  world.run_for(10min);
  char c = 0;
  CHECK((*client)->read_now(&c, 1).error().code == errc::busy);
  a.resume();
  CHECK(world.run((*client)->read_some(&c, 1), 10s).value() == 1);
  CHECK(c == 'x');
  (*client)->close();
  world.run(tasks.join());
}

TEST_CASE(
    "sim world: a paused host can be paused again, killed and crashed, and a world end with it",
    "[sim]") {
  for (const int how : {0, 1, 2}) {
    sim::world world(1);
    auto& a = world.add_host("a");
    int ticks = 0;
    env::task_group tasks(a.env().loop);
    tasks.spawn(tick(a.env().loop, tasks, ticks));
    world.run_for(1500ms);
    for (int i = 0; i < 3; ++i) {
      a.pause();
      world.run_for(10s);
      a.resume();
      a.pause();
      CHECK(ticks == 1);
      world.run_for(10s);
    }
    CHECK(a.paused());
    if (how == 1) a.kill();
    if (how == 2) a.crash();
    CHECK(a.paused() == (how == 0));
    a.resume();
    tasks.stop();
    world.run(tasks.join());
    CHECK(ticks > 1);
    env::task_group never(a.env().loop);
    if (how != 0) a.start();
    a.pause();
  }
}
