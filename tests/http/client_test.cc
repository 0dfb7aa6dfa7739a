#include "oklog/http/client.h"

#include <catch2/catch.hpp>

#include "http/kept_connections.h"
#include "http/served.h"

using namespace oklog;
using namespace oklog::http;
using namespace std::chrono_literals;

namespace {

// A server that says fixed bytes after each request's head, and may then close or reset.
struct script {
  std::string answer;
  bool abort = false;
  bool keep = false;  // neither: waits for a next request
  int connections = 0;
};

env::awaitable<void> play_one(std::unique_ptr<env::stream> s, script& play) {
  char buffer[4096];
  bool again = true;
  while (again) {
    std::string heard;  // all of the request, for what is unread makes a close a reset
    while (again && !heard.ends_with("\r\n\r\n")) {
      const auto got = co_await s->read_some(buffer, sizeof(buffer));
      again = got && *got > 0;
      if (again) heard.append(buffer, *got);
    }
    if (again) (void)co_await s->write(play.answer);
    again = again && play.keep;
  }
  s->close(play.abort);
}

env::awaitable<void> play_all(env::listener& at, script& play, env::task_group& tasks) {
  for (;;) {
    auto s = co_await at.accept();
    if (!s) co_return;
    ++play.connections;
    tasks.spawn(play_one(std::move(*s), play));
  }
}

struct answer {
  unsigned status = 0;
  std::string body;
  header_list headers, trailers;
};

env::awaitable<result<answer>> fetch(client& c, std::string url) {
  CO_TRY_LET(auto r, co_await c.get(std::move(url)));
  answer out;
  out.status = r.status();
  out.headers = r.headers();
  CO_TRY_LET(out.body, co_await r.read_all(1 << 20));
  out.trailers = r.trailers();
  co_return out;
}

env::awaitable<result<answer>> post_it(client& c, std::string url, std::string body) {
  CO_TRY_LET(auto r, co_await c.post(std::move(url), std::move(body)));
  answer out;
  out.status = r.status();
  CO_TRY_LET(out.body, co_await r.read_all(1 << 20));
  co_return out;
}

// What the client makes of `play.answer`.
result<answer> fetch_from(script play, client_options options = {}, std::size_t segment = 1 << 20) {
  sim::world world(3);
  sim::host& here = world.add_host("server");
  sim::host& there = world.add_host("client");
  world.net().set_segment_max(segment);
  auto listener = here.env().net.listen({here.ip(), 80});
  REQUIRE(listener);
  env::task_group tasks(world.loop());
  tasks.spawn(play_all(**listener, play, tasks));
  client c(there.env(), options);
  auto out = world.run(fetch(c, "http://server/x"));
  tasks.stop();
  (void)world.run_until([&] { return tasks.size() == 0; }, 1h);
  return out;
}

errc code_of(const result<answer>& r) {
  REQUIRE(!r);
  return r.error().code;
}

script closes(std::string text) {
  return {std::move(text), false, false, 0};
}
script resets(std::string text) {
  return {std::move(text), true, false, 0};
}
script waits(std::string text) {
  return {std::move(text), false, true, 0};
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("http client: bodies by length, by chunks and by close, in any cut", "[http]") {
  const std::size_t segment = GENERATE(1U, 3U, 1U << 20);
  for (const std::string& text :
       {ok + "Content-Length: 5\r\n\r\nhello", chunked + "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 5\r\n\r\nhello",
        std::string("HTTP/1.0 200 OK\r\n\r\nhello")}) {
    const auto r = fetch_from(closes(text), {}, segment);
    INFO(text);
    REQUIRE(r);
    CHECK(r->status == 200);
    CHECK(r->body == "hello");
  }
}

TEST_CASE("http client: trailers are told from headers, and never replace them", "[http]") {
  const auto r = fetch_from(closes(ok + "X-A: head\r\nTransfer-Encoding: chunked\r\n\r\n"
                                        "1\r\nx\r\n0\r\nX-A: tail\r\nX-B: b\r\n\r\n"));
  REQUIRE(r);
  CHECK(find(r->headers, "X-A") == "head");
  CHECK(!find(r->headers, "X-B"));
  CHECK(find(r->trailers, "X-A") == "tail");
  CHECK(find(r->trailers, "X-B") == "b");
  CHECK(r->trailers.size() == 2);
}

TEST_CASE("http client: an answer that is cut off anywhere is an error", "[http]") {
  const std::string whole = chunked + "3\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    INFO(at);
    CHECK(code_of(fetch_from(closes(whole.substr(0, at)))) == errc::closed);
  }
  const std::string sized = ok + "Content-Length: 5\r\n\r\nhello";
  for (std::size_t at = 0; at < sized.size(); ++at) {
    CHECK(code_of(fetch_from(closes(sized.substr(0, at)))) == errc::closed);
  }
  CHECK(code_of(fetch_from(resets(chunked + "3\r\nhel\r\n"))) == errc::closed);
}

TEST_CASE("http client: what is not HTTP is corruption", "[http]") {
  for (const std::string& text :
       {std::string("SSH-2.0-x\r\n\r\n"), std::string("HTTP/1.1 200 OK\n\n"),
        std::string("HTTP/1.1 abc OK\r\n\r\n"), chunked + "zz\r\n", chunked + "3\r\nhello\r\n",
        ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ok + "X: " + std::string(100 << 10, 'a') + "\r\n\r\n",
        ok + "Transfer-Encoding: gzip\r\n\r\nxxx"}) {
    INFO(text.substr(0, 60));
    CHECK(code_of(fetch_from(closes(text))) == errc::corruption);
  }
}

TEST_CASE("http client: a body over the limit, or a gap in it, is an error", "[http]") {
  const std::string large =
      ok + "Content-Length: 9000000000000\r\n\r\n" + std::string(2 << 20, 'a');
  CHECK(code_of(fetch_from(waits(large))) == errc::invalid);
  client_options options;
  CHECK(code_of(fetch_from(waits(""), options)) == errc::timeout);
  CHECK(code_of(fetch_from(waits(ok), options)) == errc::timeout);
  options.body_gap = 10s;
  CHECK(code_of(fetch_from(waits(chunked + "3\r\nhel\r\n"), options)) == errc::timeout);
}

TEST_CASE("http client: all addresses of a name are tried", "[http]") {
  served at;
  at.start();
  at.world.net().names().addresses["many"] = {"10.9.9.9", at.there.ip(), at.here.ip()};
  client c(at.there.env());
  const auto r = at.world.run(fetch(c, "http://many/hello"));
  REQUIRE(r);
  CHECK(r->body == "hello\n");
  const auto none = at.world.run(fetch(c, "http://nobody.example/"));
  REQUIRE(!none);
  CHECK(none.error().code == errc::unavailable);
  const auto refused = at.world.run(fetch(c, "http://server:81/"));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK(at.world.run(fetch(c, "ftp://x/")).error().code == errc::invalid);
}

TEST_CASE("http client: the connection is used again, and replaced when it has died", "[http]") {
  served at;
  at.start();
  client c(at.there.env());
  for (int i = 0; i < 3; ++i) {
    const auto r = at.world.run(fetch(c, "http://server/hello"));
    REQUIRE(r);
    CHECK(r->body == "hello\n");
    CHECK(at.world.net().connections("server") == 1);
  }
  at.world.run_for(2min);
  CHECK(at.world.net().connections("server") <= 1);
  const auto posted = at.world.run(post_it(c, "http://server/echo", "after the idle time"));
  REQUIRE(posted);
  CHECK(posted->body == "after the idle time");
  at.world.net().reset("server", "client");
  CHECK(at.world.run(fetch(c, "http://server/stream"))->trailers.size() == 1);
}

TEST_CASE("http client: a connection to each of several servers is kept, for half a minute",
          "[http]") {
  sim::world world(3);
  sim::host& there = world.add_host("client");
  env::task_group tasks(world.loop());
  std::vector<std::unique_ptr<env::listener>> listeners;
  std::vector<script> plays(3, waits(ok + "Content-Length: 2\r\n\r\nhi"));
  for (int i = 0; i < 3; ++i) {
    sim::host& one = world.add_host("server" + std::to_string(i));
    listeners.push_back(one.env().net.listen({one.ip(), 80}).value());
    tasks.spawn(play_all(*listeners.back(), plays[static_cast<std::size_t>(i)], tasks));
  }
  client c(there.env());
  const auto fetch_all = [&] {
    for (int i = 0; i < 3; ++i) {
      const auto r = world.run(fetch(c, "http://server" + std::to_string(i) + "/"));
      REQUIRE(r);
      CHECK(r->body == "hi");
    }
  };
  const auto connections = [&] {
    return plays[0].connections + plays[1].connections + plays[2].connections;
  };
  fetch_all();
  fetch_all();
  CHECK(connections() == 3);
  world.run_for(kept_idle_max + 1s);
  fetch_all();
  CHECK(connections() == 6);
  tasks.stop();
  (void)world.run_until([&] { return tasks.size() == 0; }, 1h);
}

TEST_CASE("http client: a stream is read piece by piece as it comes", "[http]") {
  served at;
  at.start();
  client c(at.there.env());
  auto r = at.world.run(c.get("http://server/stream"));
  REQUIRE(r);
  std::string all;
  for (int i = 0; i < 3; ++i) {
    const auto piece = at.world.run(r->next());
    REQUIRE((piece && *piece));
    CHECK(**piece == "piece " + std::to_string(i) + "\n");
  }
  const auto end = at.world.run(r->next());
  REQUIRE(end);
  CHECK(!*end);
  CHECK(find(r->trailers(), "X-Count") == "3");
  auto gone = at.world.run(c.get("http://server/gives-up"));
  REQUIRE(gone);
  CHECK(!at.world.run(gone->read_all(100)));
}

TEST_CASE("http client: dropping an answer ends the server's work", "[http]") {
  served at;
  at.start();
  client c(at.there.env());
  {
    auto r = at.world.run(c.get("http://server/flood"));
    REQUIRE(r);
    REQUIRE(at.world.run(r->next()));
  }
  CHECK(at.world.run_until([&] { return at.s.cancelled; }, 1s));
}

TEST_CASE("http client: redirects are followed only when asked for, and not for ever", "[http]") {
  const std::string away =
      "HTTP/1.1 307 Temporary Redirect\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n";
  CHECK(fetch_from(closes(away))->status == 307);
  client_options options;
  options.redirects_max = 3;
  CHECK(fetch_from(closes(away), options)->status == 307);
}

TEST_CASE("http client: a HEAD has no body, and headers cannot be smuggled", "[http]") {
  served at;
  at.start();
  client c(at.there.env());
  auto r = at.world.run(c.head("http://server/hello"));
  REQUIRE(r);
  CHECK(r->header("content-length") == "6");
  CHECK(at.world.run(r->read_all(10))->empty());
  client_request bad;
  bad.url = "http://server/hello";
  bad.headers.push_back({"X", "a\r\nY: b"});
  const auto refused = at.world.run(c.send(bad));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid);
}
