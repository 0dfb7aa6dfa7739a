#include "oklog/http/server.h"

#include <catch2/catch.hpp>

#include "http/served.h"

using namespace oklog;
using namespace oklog::http;
using namespace std::chrono_literals;

namespace {

const std::string hello = "GET /hello HTTP/1.1\r\nHost: server\r\n\r\n";
const std::string closing = "GET /hello HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n";

int count(std::string_view text, std::string_view part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// Asks, and goes away `after` that.
env::awaitable<void> ask_and_leave(env::environment env, env::endpoint to, std::string raw,
                                   duration after, bool abort) {
  auto s = co_await env.net.connect(to);
  ASSERT(s.has_value(), "the server listens");
  (void)co_await (*s)->write(raw);
  co_await env.loop.sleep(after);
  (*s)->close(abort);
}

// A listener that is out of descriptors for a while.
class exhausted final : public env::listener {
 public:
  exhausted(env::listener& inner, int failures) : inner_(inner), left_(failures) {}
  env::awaitable<result<std::unique_ptr<env::stream>>> accept() override {
    if (left_ > 0) {
      --left_;
      co_return fail(errc::busy, "too many open files");
    }
    co_return co_await inner_.accept();
  }
  env::endpoint local() const override { return inner_.local(); }
  void close() override { inner_.close(); }

 private:
  env::listener& inner_;
  int left_;
};

}  // namespace

TEST_CASE("http server: requests on one connection are answered one after another", "[http]") {
  served at;
  const std::string body = "POST /echo HTTP/1.1\r\nHost: server\r\nContent-Length: 4\r\n\r\nbody";
  const reply r = at.ask(hello + body + "\r\n" + hello + closing);
  CHECK(count(r.text, "HTTP/1.1 200 OK\r\n") == 4);
  CHECK(count(r.text, "hello\n") == 3);
  CHECK(r.has("\r\n\r\nbodyHTTP"));
  CHECK(count(r.text, "Connection: close\r\n") == 1);
  CHECK(!r.reset);
  CHECK(r.took < 1s);
}

TEST_CASE("http server: pipelined requests wait for the one that streams", "[http]") {
  served at;
  std::string many = "GET /stream HTTP/1.1\r\nHost: server\r\n\r\n";
  for (int i = 0; i < 2000; ++i) many += hello;
  const reply r = at.ask(many + closing);
  CHECK(count(r.text, "HTTP/1.1 200 OK\r\n") == 2002);
  CHECK(r.text.find("X-Count: 3\r\n\r\nHTTP") != r.text.npos);
}

TEST_CASE("http server: a request arrives decoded", "[http]") {
  served at;
  const reply r = at.ask(
      "GET /ui/a%20b?q=x+y%26&empty&q=2 HTTP/1.1\r\nhOST: server\r\nX-a:  v \r\n"
      "Connection: close\r\n\r\n");
  CHECK(r.status() == 200);
  CHECK(at.s.last.path == "/ui/a b");
  CHECK(at.s.last.target == "/ui/a%20b?q=x+y%26&empty&q=2");
  CHECK(at.s.last.param("q") == "x y&");
  CHECK(at.s.last.param("empty") == "");
  CHECK(!at.s.last.param("none"));
  CHECK(at.s.last.header("x-A") == "v");
  CHECK(at.s.last.header("HOST") == "server");
  CHECK(at.s.last.remote.ip == at.there.ip());
}

TEST_CASE("http server: HTTP/1.0 needs no Host, gets no chunks, and is closed", "[http]") {
  served at;
  const reply plain = at.ask("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(plain.status() == 200);
  CHECK(plain.body() == "hello\n");
  const reply streamed = at.ask("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(streamed.body() == "piece 0\npiece 1\npiece 2\n");
  CHECK(!streamed.has("chunked"));
  CHECK(!streamed.reset);
}

TEST_CASE("http server: a HEAD is answered with the head alone", "[http]") {
  served at;
  const std::string head = "HEAD /hello HTTP/1.1\r\nHost: server\r\n\r\n";
  const std::string streamed = "HEAD /stream HTTP/1.1\r\nHost: server\r\n\r\n";
  const reply r = at.ask(head + streamed + closing);
  CHECK(count(r.text, "HTTP/1.1 200 OK\r\n") == 3);
  CHECK(count(r.text, "Content-Length: 6\r\n") == 2);
  CHECK(count(r.text, "hello\n") == 1);
  CHECK(!r.has("piece"));
}

TEST_CASE("http server: a stream's head is sent at once, its trailers at the end", "[http]") {
  served at;
  const reply r = at.ask(get("/stream"));
  CHECK(r.has("Transfer-Encoding: chunked\r\n"));
  CHECK(r.body() ==
        "8\r\npiece 0\n\r\n8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n0\r\nX-Count: 3\r\n\r\n");

  at.start();
  const env::endpoint to{at.here.ip(), 80};
  const env::environment env = at.there.env();
  auto s = at.world.run(env.net.connect(to));
  REQUIRE(s);
  const std::string ask = get("/stream");
  REQUIRE(at.world.run((*s)->write(ask)));
  at.world.run_for(500ms);
  char buffer[4096];
  const auto got = (*s)->read_now(buffer, sizeof(buffer));
  REQUIRE(got);
  CHECK(std::string_view(buffer, *got).ends_with("\r\n\r\n"));
}

TEST_CASE("http server: an answer that is not completed ends with a reset", "[http]") {
  served at;
  const reply r = at.ask(get("/gives-up"));
  CHECK(r.status() == 200);
  CHECK(r.reset);
  CHECK(!r.has("\r\n0\r\n"));
  const reply old = at.ask("GET /gives-up HTTP/1.0\r\n\r\n");
  CHECK(old.reset);
  const reply none = at.ask(get("/silent"));
  CHECK(none.status() == 500);
  CHECK(at.ask(get("/hello")).status() == 200);
}

TEST_CASE("http server: no header value becomes a line of its own", "[http]") {
  served at;
  const reply r = at.ask(get("/evil"));
  CHECK(r.has("X-Text: a??Set-Cookie: b?\r\n"));
  CHECK(r.has("Content-Length: 1\r\n"));
  CHECK(!r.has("99999"));
}

TEST_CASE("http server: each answer has the headers that keep browsers careful", "[http]") {
  served at;
  for (const char* path : {"/hello", "/none", "/stream"}) {
    const reply r = at.ask(get(path));
    CHECK(r.has("X-Content-Type-Options: nosniff\r\n"));
    CHECK(r.has("Referrer-Policy: no-referrer\r\n"));
    CHECK(r.has("Date: "));
    CHECK(!r.has("Access-Control-Allow-Origin"));
  }
}

TEST_CASE("http server: 100-continue is honoured, and not where the body is refused", "[http]") {
  served at;
  const std::string head =
      "POST /small HTTP/1.1\r\nHost: server\r\nConnection: close\r\n"
      "Expect: 100-continue\r\nContent-Length: ";
  CHECK(at.ask(head + "11\r\n\r\n").status() == 413);
  at.limits.body_grace = 1s;
  const reply waits = at.ask(head + "5\r\n\r\n");
  CHECK(waits.text.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 "));
}

TEST_CASE("http server: work for a client that has gone is cancelled within a second", "[http]") {
  const bool abort = GENERATE(true, false);
  served at;
  at.start();
  const env::endpoint to{at.here.ip(), 80};
  const auto began = at.world.elapsed();
  at.world.run(ask_and_leave(at.there.env(), to, get("/compute"), 5s, abort));
  const bool ended = at.world.run_until([&] { return at.s.cancelled; }, 1s);
  CHECK(ended);
  CHECK(at.s.cancelled_at <= at.world.elapsed() - began);
  CHECK(at.metrics.clients_gone.value() == 1);
  CHECK(at.ask(get("/hello")).status() == 200);
}

TEST_CASE("http server: a client that does not read is waited for with bounded memory", "[http]") {
  server_limits limits;
  limits.send_stall = 1min;
  served at(limits);
  at.start();
  const env::endpoint to{at.here.ip(), 80};
  at.world.run(ask_and_leave(at.there.env(), to, get("/flood"), 30s, false));
  CHECK(at.world.run_until([&] { return at.s.cancelled; }, 1s));
  at.s.cancelled = false;
  at.tasks.spawn(ask_and_leave(at.there.env(), to, get("/flood"), 1h, false));
  at.world.run_for(50s);
  CHECK(!at.s.cancelled);
  CHECK(at.world.run_until([&] { return at.s.cancelled; }, 30s));
}

TEST_CASE("http server: too many connections are turned away, the old ones live", "[http]") {
  server_limits limits;
  limits.connections = 2;
  served at(limits);
  at.start();
  const env::endpoint to{at.here.ip(), 80};
  at.tasks.spawn(ask_and_leave(at.there.env(), to, get("/compute"), 10s, false));
  at.tasks.spawn(ask_and_leave(at.there.env(), to, "GET", 4s, false));
  at.world.run_for(1s);
  const reply r = at.ask(get("/hello"));
  CHECK(r.status() == 503);
  CHECK(r.body().size() == 30);
  CHECK(at.metrics.refused.value() == 1);
  CHECK(!at.s.cancelled);
  at.world.run_for(10s);
  CHECK(at.ask(get("/hello")).status() == 200);
}

TEST_CASE("http server: accepting rests while there are no descriptors, then goes on", "[http]") {
  served at;
  exhausted starved(*at.listener, 25);
  server s(at.here.env(), starved, at.routes, at.limits, at.metrics);
  at.tasks.spawn(s.run());
  const env::endpoint to{at.here.ip(), 80};
  const reply r = at.world.run(talk(at.there.env(), to, get("/hello"), {}));
  CHECK(r.status() == 200);
  CHECK(r.took > 2s);
  CHECK(r.took < 5s);
  CHECK(at.metrics.accept_failures.value() == 25);
  at.tasks.stop();
  CHECK(at.world.run_until([&] { return at.tasks.size() == 0; }, 10s));
}

TEST_CASE("http server: draining finishes answers under way and closes the rest", "[http]") {
  served at;
  at.start();
  const env::endpoint to{at.here.ip(), 80};
  std::optional<reply> streamed;
  std::optional<reply> idle;
  at.tasks.spawn(sim::keep_value(
      talk(at.there.env(), to, "GET /stream HTTP/1.1\r\nHost: server\r\n\r\n", {}), streamed));
  at.tasks.spawn(sim::keep_value(talk(at.there.env(), to, hello, {}), idle));
  at.world.run_for(1500ms);
  at.the_server().drain();
  CHECK(at.world.run_until([&] { return at.tasks.size() == 0; }, 10s));
  REQUIRE((streamed && idle));
  CHECK(streamed->has("X-Count: 3\r\n\r\n"));
  CHECK(!streamed->reset);
  CHECK(idle->status() == 200);
  CHECK(idle->took < 3s);
}

TEST_CASE("http server: stopping resets an answer under way", "[http]") {
  served at;
  at.start();
  const env::endpoint to{at.here.ip(), 80};
  env::task_group asking(at.world.loop());
  std::optional<reply> streamed;
  asking.spawn(sim::keep_value(talk(at.there.env(), to, get("/stream"), {}), streamed));
  at.world.run_for(1500ms);
  at.tasks.stop();
  CHECK(at.world.run_until([&] { return at.tasks.size() + asking.size() == 0; }, 10s));
  REQUIRE(streamed);
  CHECK(streamed->has("piece 0"));
  CHECK(streamed->reset);
}

TEST_CASE("http server: metrics name routes, never what a client asked for", "[http]") {
  served at;
  for (const char* path : {"/hello?q=EVIL", "/EVIL", "/ui/EVIL", "/EVIL/EVIL"}) {
    (void)at.ask(get(path));
  }
  (void)at.ask("EVIL\r\n\r\n");
  const std::string text = at.registry.text();
  const std::string prefix = "oklog_api_request_duration_seconds_count{";
  CHECK(text.find(prefix + "method=\"GET\",path=\"/hello\",status_code=\"200\"} 1") != text.npos);
  CHECK(text.find(prefix + "method=\"GET\",path=\"/ui/*\",status_code=\"200\"} 1") != text.npos);
  CHECK(text.find(prefix + "method=\"GET\",path=\"unmatched\",status_code=\"404\"} 2") !=
        text.npos);
  CHECK(text.find(prefix + "method=\"other\",path=\"unmatched\",status_code=\"400\"} 1") !=
        text.npos);
  CHECK(text.find("EVIL") == text.npos);
}
