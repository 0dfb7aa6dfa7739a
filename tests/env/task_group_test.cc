#include "oklog/env/task_group.h"

#include <catch2/catch.hpp>

#include "env/worlds.h"
#include "oklog/env/event.h"

namespace oklog::env {
namespace {

using namespace std::chrono_literals;

awaitable<void> sleep_long(scheduler& loop, int* ended) {
  co_await loop.sleep(24h);
  ++*ended;
}

awaitable<void> wait_for_event(event* e, int* woken) {
  co_await e->wait();
  ++*woken;
}

awaitable<void> add_one(int* count) {
  ++*count;
  co_return;
}

awaitable<result<int>> answer_after(scheduler& loop, duration d, int value) {
  co_await loop.sleep(d);
  const auto stopped = co_await is_cancelled();
  if (stopped) co_return fail(errc::cancelled, "stopped");
  co_return value;
}

awaitable<result<>> refuse(scheduler& loop) {
  co_await loop.sleep(1ms);
  co_return fail(errc::unavailable, "nobody is there");
}

awaitable<void> join_inside(scheduler& loop, int* ended) {
  task_group inner(loop);
  inner.spawn(sleep_long(loop, ended));
  inner.spawn(sleep_long(loop, ended));
  co_await inner.join();
  ++*ended;
}

awaitable<void> ask_with_timeout(scheduler& loop, errc* code) {
  auto r = co_await with_timeout<int>(loop, 1h, "ask", answer_after(loop, 2h, 1));
  *code = r ? errc::io : r.error().code;
}

awaitable<int> stop_ends_all(world& w) {
  const environment env = w.env();
  task_group group(env.loop);
  int ended = 0;
  for (int i = 0; i < 10; ++i) group.spawn(sleep_long(env.loop, &ended));
  CHECK(group.size() == 10);
  CHECK(ended == 0);
  co_await let_begin(env.loop);
  group.stop();
  CHECK(group.stopping());
  co_await group.join();
  CHECK(ended == 10);
  CHECK(group.size() == 0);
  group.spawn(add_one(&ended));
  co_await let_begin(env.loop);
  CHECK(ended == 10);
  co_return 7;
}

awaitable<int> starts_later(world& w) {
  const environment env = w.env();
  task_group group(env.loop);
  int count = 0;
  group.spawn(add_one(&count));
  CHECK(count == 0);
  co_await group.join();
  CHECK(count == 1);
  group.spawn(sleep_long(env.loop, &count));
  group.stop();  // before its first step: it sees the stop at its first operation
  co_await group.join();
  CHECK(count == 2);
  co_return 0;
}

awaitable<int> goes_down(world& w) {
  const environment env = w.env();
  task_group outer(env.loop);
  int ended = 0;
  errc code = errc::io;
  outer.spawn(join_inside(env.loop, &ended));
  outer.spawn(ask_with_timeout(env.loop, &code));
  co_await let_begin(env.loop);
  outer.stop();
  co_await outer.join();
  CHECK(ended == 3);
  CHECK(code == errc::cancelled);
  co_return 0;
}

// Begins an operation when its own task has been stopped already.
awaitable<void> begin_stopped(scheduler& loop, errc* code, int* ended) {
  co_await sleep_long(loop, ended);
  auto r = co_await with_timeout<int>(loop, 1h, "ask", answer_after(loop, 2h, 1));
  *code = r ? errc::io : r.error().code;
}

awaitable<int> stopped_before_a_timeout(world& w) {
  const environment env = w.env();
  task_group group(env.loop);
  int ended = 0;
  errc code = errc::io;
  group.spawn(begin_stopped(env.loop, &code, &ended));
  co_await let_begin(env.loop);
  group.stop();
  co_await group.join();
  CHECK(ended == 1);
  CHECK(code == errc::cancelled);
  co_return 0;
}

awaitable<result<int>> inner_limit(scheduler& loop) {
  co_return co_await with_timeout<int>(loop, 1ms, "inner", answer_after(loop, 9h, 1));
}

awaitable<result<int>> ask_twice(scheduler& loop) {
  const auto first = co_await inner_limit(loop);
  if (first || first.error().what != "inner: no answer within 1ms") {
    co_return fail(errc::invalid, "the inner limit has not ended the inner wait alone");
  }
  co_return co_await answer_after(loop, 9h, 2);
}

awaitable<int> timeouts_within(world& w) {
  const environment env = w.env();
  auto r = co_await with_timeout<int>(env.loop, 30ms, "outer", ask_twice(env.loop));
  REQUIRE(!r);
  CHECK(r.error().what == "outer: no answer within 30ms");
  // After an expired limit its caller is as it was: nothing of the stop is left.
  auto again = co_await with_timeout<int>(env.loop, 9h, "x", answer_after(env.loop, 1ms, 3));
  REQUIRE(again);
  CHECK(*again == 3);
  const bool stopped = co_await is_cancelled();
  CHECK_FALSE(stopped);
  co_return 0;
}

awaitable<int> alarms(world& w) {
  const environment env = w.env();
  event rang(env.loop);
  int calls = 0;
  auto taken_back = env.loop.call_after(1ms, [&] { ++calls; });
  const auto never = env.loop.call_after(9h, [&] { ++calls; });
  const auto rings = env.loop.call_after(2ms, [&] {
    ++calls;
    rang.notify();
  });
  taken_back.reset();
  const bool in_time = co_await rang.wait_for(1h);
  CHECK(in_time);
  CHECK(calls == 1);
  co_return 0;
}

awaitable<int> timeouts(world& w) {
  const environment env = w.env();
  const boot_time start = env.clock.boot();
  auto late =
      co_await with_timeout<int>(env.loop, 20ms, "the answer", answer_after(env.loop, 9h, 1));
  REQUIRE(!late);
  CHECK(late.error().code == errc::timeout);
  CHECK(late.error().what == "the answer: no answer within 20ms");
  CHECK(env.clock.boot() - start >= 20ms);
  CHECK(env.clock.boot() - start < 9h);
  auto good = co_await with_timeout<int>(env.loop, 9h, "x", answer_after(env.loop, 1ms, 42));
  REQUIRE(good);
  CHECK(*good == 42);
  auto refused = co_await with_timeout<void>(env.loop, 9h, "x", refuse(env.loop));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK(env.clock.boot() - start < 9h);
  co_return 0;
}

awaitable<int> events(world& w) {
  const environment env = w.env();
  event e(env.loop);
  task_group group(env.loop);
  int woken = 0;
  for (int i = 0; i < 3; ++i) group.spawn(wait_for_event(&e, &woken));
  co_await let_begin(env.loop);
  CHECK(woken == 0);
  e.notify();
  co_await group.join();
  CHECK(woken == 3);

  const bool early = co_await e.wait_for(1ms);
  CHECK_FALSE(early);
  awaitable<bool> wait = e.wait_for(24h);
  e.notify();  // between the call and the first step of the wait
  const bool notified = co_await std::move(wait);
  CHECK(notified);

  group.spawn(wait_for_event(&e, &woken));
  co_await let_begin(env.loop);
  group.stop();
  co_await group.join();
  CHECK(woken == 4);
  co_return 0;
}

awaitable<int> joins_both(world& w) {
  const environment env = w.env();
  int ended = 0;
  co_await both(env.loop, add_one(&ended), add_one(&ended));
  CHECK(ended == 2);
  std::vector<awaitable<void>> many;
  for (int i = 0; i < 5; ++i) many.push_back(add_one(&ended));
  co_await all(env.loop, std::move(many));
  CHECK(ended == 7);
  co_return 0;
}

awaitable<int> pool_work(world& w) {
  const environment env = w.env();
  std::string text = co_await offload(env.loop, [&] { return std::string("done"); });
  CHECK(text == "done");
  int calls = 0;
  co_await offload(env.loop, [&] { ++calls; });
  CHECK(calls == 1);
  CHECK(env.loop.pool_threads(lane::prompt) >= 1);
  co_return 0;
}

}  // namespace

TEST_CASE("task_group: stop ends every task, join waits for them, later tasks are dropped",
          "[env]") {
  for_each_world([](world& w) { CHECK(w.run(stop_ends_all(w)) == 7); });
}

TEST_CASE("task_group: a task begins after spawn has returned, also a stopped one", "[env]") {
  run_in_each_world(starts_later);
}

TEST_CASE("task_group: a stop goes down into joins and timeouts", "[env]") {
  run_in_each_world(goes_down);
}

TEST_CASE("with_timeout: late is timeout, in time is the value, a refusal stays itself", "[env]") {
  run_in_each_world(timeouts);
}

TEST_CASE("with_timeout: of a task that is stopped already stops what it waits for", "[env]") {
  run_in_each_world(stopped_before_a_timeout);
}

TEST_CASE("with_timeout: one within another ends its own wait alone", "[env]") {
  run_in_each_world(timeouts_within);
}

TEST_CASE("alarm: calls once when it is due, and never after its end", "[env]") {
  run_in_each_world(alarms);
}

TEST_CASE("event: wakes all who wait, loses no notify, returns when stopped", "[env]") {
  run_in_each_world(events);
}

TEST_CASE("both and all: end when all have ended", "[env]") {
  run_in_each_world(joins_both);
}

TEST_CASE("offload: hands back the value of work done on the pool", "[env]") {
  run_in_each_world(pool_work);
}

}  // namespace oklog::env
