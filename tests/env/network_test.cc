#include <catch2/catch.hpp>

#include "env/worlds.h"
#include "oklog/env/net.h"
#include "oklog/env/task_group.h"

namespace oklog::env {
namespace {

using namespace std::chrono_literals;
using stream_ptr = std::unique_ptr<stream>;

// Both ends of a new connection.
struct pair {
  std::unique_ptr<listener> at;
  stream_ptr client;
  stream_ptr server;
};

awaitable<void> accept_into(listener& at, stream_ptr* out) {
  auto accepted = co_await at.accept();
  if (accepted) *out = std::move(*accepted);
}

awaitable<void> connect_into(network& net, endpoint to, stream_ptr* out) {
  auto connected = co_await net.connect(to);
  if (connected) *out = std::move(*connected);
}

awaitable<void> make_pair(world& w, pair* out) {
  const environment env = w.env();
  endpoint any;
  any.ip = w.ip();
  auto at = env.net.listen(any);
  REQUIRE(at);
  out->at = std::move(*at);
  co_await both(env.loop, accept_into(*out->at, &out->server),
                connect_into(env.net, out->at->local(), &out->client));
  REQUIRE(out->client);
  REQUIRE(out->server);
}

awaitable<void> write_all(stream& s, std::string text, bool half_close) {
  auto written = co_await s.write(text);
  CHECK(written);
  if (half_close) CHECK(s.shutdown_send());
}

awaitable<void> read_to_end(stream& s, std::string* out) {
  char buffer[4096];
  for (;;) {
    auto n = co_await s.read_some(buffer, sizeof buffer);
    if (!n) {
      out->append("error: " + n.error().what);
      co_return;
    }
    if (*n == 0) co_return;
    out->append(buffer, *n);
  }
}

awaitable<int> half_close(world& w) {
  pair p;
  co_await make_pair(w, &p);
  CHECK(p.client->remote() == p.at->local());
  CHECK(p.server->remote().ip == w.ip());
  const std::string sent(3'000'000, 'x');  // more than any buffer on the way
  std::string seen;
  co_await both(w.env().loop, write_all(*p.client, sent, true), read_to_end(*p.server, &seen));
  CHECK(seen == sent);
  std::string answer;
  co_await both(w.env().loop, write_all(*p.server, "thanks", true),
                read_to_end(*p.client, &answer));
  CHECK(answer == "thanks");
  co_return 0;
}

awaitable<int> read_now(world& w) {
  pair p;
  co_await make_pair(w, &p);
  char buffer[16];
  auto nothing = p.server->read_now(buffer, sizeof buffer);
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().code == errc::busy);
  for (int i = 0; i < 3; ++i) {
    co_await write_all(*p.client, "abc", i == 2);
    auto ready = co_await p.server->wait_readable();
    REQUIRE(ready);
    auto n = p.server->read_now(buffer, sizeof buffer);
    REQUIRE(n);
    CHECK(std::string(buffer, *n) == "abc");
  }
  auto ready = co_await p.server->wait_readable();
  REQUIRE(ready);
  auto end = p.server->read_now(buffer, sizeof buffer);
  REQUIRE(end);
  CHECK(*end == 0);
  co_return 0;
}

awaitable<void> wait_code(stream& s, errc* code) {
  auto r = co_await s.wait_readable();
  if (!r) *code = r.error().code;
}

awaitable<void> accept_code(listener& at, errc* code) {
  auto r = co_await at.accept();
  if (!r) *code = r.error().code;
}

awaitable<void> write_code(stream& s, errc* code) {
  const std::string text(1 << 20, 'x');
  for (;;) {
    auto r = co_await s.write(text);
    if (r) continue;
    *code = r.error().code;
    co_return;
  }
}

awaitable<int> cancelled_by_stop(world& w) {
  pair p;
  co_await make_pair(w, &p);
  const environment env = w.env();
  errc codes[5] = {errc::io, errc::io, errc::io, errc::io, errc::io};
  task_group group(env.loop);
  group.spawn(read_code(*p.server, &codes[0]));
  group.spawn(wait_code(*p.client, &codes[1]));
  group.spawn(write_code(*p.client, &codes[2]));  // nobody takes it: it fills up and waits
  group.spawn(accept_code(*p.at, &codes[3]));
  co_await let_begin(env.loop);
  group.stop();
  co_await group.join();
  CHECK(codes[1] == errc::cancelled);
  CHECK(codes[2] == errc::cancelled);
  CHECK(codes[3] == errc::cancelled);
  co_return 0;
}

awaitable<int> cancelled_by_close(world& w) {
  pair p;
  co_await make_pair(w, &p);
  const environment env = w.env();
  errc codes[2] = {errc::io, errc::io};
  task_group group(env.loop);
  group.spawn(read_code(*p.client, &codes[0]));
  group.spawn(accept_code(*p.at, &codes[1]));
  co_await let_begin(env.loop);
  p.client->close(false);
  p.at->close();
  co_await group.join();
  CHECK(codes[0] == errc::cancelled);
  CHECK(codes[1] == errc::cancelled);
  errc after = errc::io;
  co_await read_code(*p.client, &after);
  CHECK((after == errc::closed || after == errc::cancelled));
  co_return 0;
}

awaitable<int> resets(world& w) {
  pair p;
  co_await make_pair(w, &p);
  p.client->close(true);
  errc code = errc::io;
  co_await read_code(*p.server, &code);
  CHECK(code == errc::closed);
  auto written = co_await p.server->write("late");
  REQUIRE_FALSE(written);
  CHECK(written.error().code == errc::closed);
  co_return 0;
}

awaitable<int> clean_end(world& w) {
  pair p;
  co_await make_pair(w, &p);
  co_await write_all(*p.client, "last words", false);
  p.client->close(false);
  std::string seen;
  co_await read_to_end(*p.server, &seen);
  CHECK(seen == "last words");
  co_return 0;
}

awaitable<int> refusals(world& w) {
  const environment env = w.env();
  pair p;
  co_await make_pair(w, &p);
  const endpoint taken = p.at->local();
  auto twice = env.net.listen(taken);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == errc::conflict);
  CHECK(twice.error().what.find(format(taken)) != std::string::npos);
  endpoint bad;
  bad.ip = "localhost";
  auto name = env.net.listen(bad);
  REQUIRE_FALSE(name);
  CHECK(name.error().code == errc::invalid);
  auto to_name = co_await env.net.connect(bad);
  REQUIRE_FALSE(to_name);
  CHECK(to_name.error().code == errc::invalid);
  p.at->close();
  auto nobody = co_await env.net.connect(taken);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == errc::unavailable);
  co_return 0;
}

awaitable<int> literals(world& w) {
  auto v4 = co_await w.env().net.resolve("127.0.0.1");
  REQUIRE(v4);
  CHECK(*v4 == std::vector<std::string>{"127.0.0.1"});
  auto v6 = co_await w.env().net.resolve("::1");
  REQUIRE(v6);
  CHECK(*v6 == std::vector<std::string>{"::1"});
  auto none = co_await w.env().net.resolve("no-such-host.invalid");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::unavailable);
  CHECK(none.error().what.find("no-such-host.invalid") != std::string::npos);
  co_return 0;
}

}  // namespace

TEST_CASE("stream: all bytes arrive; a half-close ends one way only", "[env]") {
  run_in_each_world(half_close);
}

TEST_CASE("stream: read_now never waits, wait_readable tells of bytes and of the end", "[env]") {
  run_in_each_world(read_now);
}

TEST_CASE("stream and listener: a stop cancels what is pending", "[env]") {
  run_in_each_world(cancelled_by_stop);
}

TEST_CASE("stream and listener: close cancels what is pending", "[env]") {
  run_in_each_world(cancelled_by_close);
}

TEST_CASE("stream: a reset is closed, for the reader and the writer", "[env]") {
  run_in_each_world(resets);
}

TEST_CASE("stream: what was written before a close still arrives", "[env]") {
  run_in_each_world(clean_end);
}

TEST_CASE("network: a taken port, a name for an address and a silent port are told apart",
          "[env]") {
  run_in_each_world(refusals);
}

TEST_CASE("network: an address resolves to itself, an unknown name is unavailable", "[env]") {
  run_in_each_world(literals);
}

}  // namespace oklog::env
