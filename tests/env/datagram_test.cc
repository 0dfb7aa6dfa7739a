#include <algorithm>
#include <catch2/catch.hpp>

#include "env/worlds.h"
#include "oklog/env/net.h"
#include "oklog/env/task_group.h"

namespace oklog::env {
namespace {

using namespace std::chrono_literals;
using port = std::unique_ptr<datagram>;

port bound(world& w, std::string ip) {
  const endpoint any{std::move(ip), 0};
  auto p = w.env().net.bind_datagram(any);
  REQUIRE(p);
  return std::move(*p);
}

awaitable<void> expect(world& w, datagram& at, std::string bytes, endpoint from) {
  auto got = co_await with_timeout(w.env().loop, 10s, "receive", at.receive());
  REQUIRE(got);
  CHECK(got->bytes == bytes);
  CHECK(got->from == from);
}

awaitable<int> whole(world& w) {
  const port a = bound(w, w.ip());
  const port b = bound(w, w.ip());
  CHECK(a->local().ip == w.ip());
  CHECK(a->local().port != 0);
  CHECK(a->local().port != b->local().port);
  const std::string largest(datagram_bytes_max, 'x');
  for (const std::string& bytes : {std::string("hello"), std::string(), largest}) {
    CHECK(a->send(b->local(), bytes));
    co_await expect(w, *b, bytes, a->local());
    CHECK(b->send(a->local(), bytes));
    co_await expect(w, *a, bytes, b->local());
  }
  co_return 0;
}

awaitable<int> drained(world& w) {
  const port a = bound(w, w.ip());
  const port b = bound(w, w.ip());
  auto none = b->receive_now();
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::busy);
  for (int i = 0; i < 100; ++i) CHECK(a->send(b->local(), std::to_string(i)));
  std::size_t seen = 0;
  while (seen < 100) {
    auto got = b->receive_now();
    if (!got) got = co_await b->receive();  // the rest is still on its way
    REQUIRE(got);
    ++seen;
  }
  none = b->receive_now();
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::busy);
  co_return 0;
}

awaitable<int> nobody_there(world& w) {
  const port a = bound(w, w.ip());
  port gone = bound(w, w.ip());
  const endpoint nobody = gone->local();
  gone.reset();
  for (int i = 0; i < 5; ++i) {
    CHECK(a->send(nobody, "is there anybody"));  // the kernel's answer waits at the socket
  }
  const port b = bound(w, w.ip());
  CHECK(b->send(a->local(), "still here"));
  co_await expect(w, *a, "still here", b->local());
  CHECK(a->send(b->local(), "so am I"));
  co_await expect(w, *b, "so am I", a->local());
  co_return 0;
}

awaitable<int> both_families(world& w) {
  const endpoint every{"::", 0};
  auto made = w.env().net.bind_datagram(every);
  if (!made) {
    WARN("this machine has no IPv6: " << made.error().what);
    co_return 0;
  }
  const port six = std::move(*made);
  const port four = bound(w, w.ip());
  const endpoint to_six{w.ip(), six->local().port};
  CHECK(four->send(to_six, "from 4"));
  co_await expect(w, *six, "from 4", four->local());
  CHECK(six->send(four->local(), "from 6"));
  co_await expect(w, *four, "from 6", to_six);
  const endpoint loopback{"::1", six->local().port};
  CHECK(six->send(loopback, "to myself"));
  co_await expect(w, *six, "to myself", loopback);
  const auto wrong = four->send(loopback, "x");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == errc::invalid);
  co_return 0;
}

awaitable<int> beside_a_listener(world& w) {
  const endpoint any{w.ip(), 0};
  auto listener = w.env().net.listen(any);
  REQUIRE(listener);
  auto same = w.env().net.bind_datagram((*listener)->local());
  CHECK(same);
  auto twice = w.env().net.bind_datagram((*listener)->local());
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == errc::conflict);
  CHECK(twice.error().what.find(format((*listener)->local())) != std::string::npos);
  co_return 0;
}

awaitable<int> datagram_refusals(world& w) {
  const port a = bound(w, w.ip());
  const endpoint name{"localhost", 7659};
  auto to_name = a->send(name, "x");
  REQUIRE_FALSE(to_name);
  CHECK(to_name.error().code == errc::invalid);
  auto at_name = w.env().net.bind_datagram(name);
  REQUIRE_FALSE(at_name);
  CHECK(at_name.error().code == errc::invalid);
  auto too_large = a->send(a->local(), std::string(datagram_bytes_max + 1, 'x'));
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().code == errc::invalid);
  a->close();
  auto late = a->send(a->local(), "x");
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::closed);
  auto nothing = a->receive_now();
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().code == errc::closed);
  auto again = w.env().net.bind_datagram(a->local());
  CHECK(again);
  co_return 0;
}

awaitable<void> receive_code(datagram& at, errc* code) {
  auto got = co_await at.receive();
  if (!got) *code = got.error().code;
}

awaitable<int> cancelled_receives(world& w) {
  port stopped = bound(w, w.ip());
  port closed = bound(w, w.ip());
  port destroyed = bound(w, w.ip());
  errc codes[4] = {errc::io, errc::io, errc::io, errc::io};
  task_group stops(w.env().loop);
  stops.spawn(receive_code(*stopped, &codes[0]));
  task_group ends(w.env().loop);
  ends.spawn(receive_code(*closed, &codes[1]));
  ends.spawn(receive_code(*destroyed, &codes[2]));
  co_await let_begin(w.env().loop);
  stops.stop();
  closed->close();
  destroyed.reset();
  co_await both(w.env().loop, stops.join(), ends.join());
  co_await receive_code(*closed, &codes[3]);
  for (const errc code : codes) CHECK(code == errc::cancelled);
  co_return 0;
}

}  // namespace

TEST_CASE("datagram: each arrives whole, with its sender, up to the largest", "[env]") {
  run_in_each_world(whole);
}

TEST_CASE("datagram: receive_now takes what is there and never waits", "[env]") {
  run_in_each_world(drained);
}

TEST_CASE("datagram: that nobody listens at a peer breaks neither send nor receive", "[env]") {
  run_in_each_world(nobody_there);
}

TEST_CASE("datagram: a port of :: talks to IPv4 peers, who are shown as IPv4", "[env]") {
  run_in_each_world(both_families);
}

TEST_CASE("datagram: a listener may have the same port, another datagram not", "[env]") {
  run_in_each_world(beside_a_listener);
}

TEST_CASE("datagram: names, what is too large and a closed port are told apart", "[env]") {
  run_in_each_world(datagram_refusals);
}

TEST_CASE("datagram: stop, close and destruction cancel a pending receive", "[env]") {
  run_in_each_world(cancelled_receives);
}

TEST_CASE("network: local addresses can be bound, and are neither loopback nor link-local",
          "[env]") {
  for_each_world([](world& w) {
    for (const std::string& ip : w.env().net.local_addresses()) {
      INFO(ip);
      CHECK_FALSE(ip.starts_with("127."));
      CHECK_FALSE(ip.starts_with("169.254."));
      CHECK_FALSE(ip.starts_with("fe80:"));
      CHECK(ip != "::1");
      const endpoint any{ip, 0};
      CHECK(w.env().net.bind_datagram(any));
    }
  });
}

}  // namespace oklog::env
