// A server with a few routes in a simulated world, and a client that says raw bytes to it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "oklog/http/server.h"
#include "oklog/sim/world.h"

namespace oklog::http {

// What a raw client got until the connection ended.
struct reply {
  std::string text;
  bool reset = false;
  duration took{};

  unsigned status() const {
    return text.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(text.substr(9, 3))) : 0;
  }
  bool has(std::string_view part) const { return text.find(part) != text.npos; }
  std::string body() const {
    const std::size_t end = text.find("\r\n\r\n");
    return end == text.npos ? "" : text.substr(end + 4);
  }
};

// A whole request, after which the connection ends.
inline std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: server\r\nConnection: close\r\n" + headers + "\r\n";
}

// What the handlers have seen.
struct seen {
  int calls = 0;
  request last;
  bool cancelled = false;
  duration cancelled_at{};
};

inline env::awaitable<void> say_hello(seen& s, const request& req, responder& out) {
  ++s.calls;
  s.last = req;
  out.set("Content-Type", "text/plain; charset=utf-8");
  (void)co_await out.send(200, "hello\n");
}

inline env::awaitable<void> echo(seen& s, const request& req, responder& out) {
  ++s.calls;
  s.last = req;
  (void)co_await out.send(200, req.body);
}

// Three pieces a second apart, and a trailer.
inline env::awaitable<void> stream_three(env::scheduler& loop, responder& out) {
  out.set("Trailer", "X-Count");
  (void)co_await out.begin(200);
  for (int i = 0; i < 3; ++i) {
    co_await loop.sleep(std::chrono::seconds(1));
    const std::string piece = "piece " + std::to_string(i) + "\n";
    (void)co_await out.write(piece);
  }
  header_list trailers;
  trailers.push_back({"X-Count", "3"});
  (void)co_await out.end(std::move(trailers));
}

// Says a little, then returns without an end, when it has arrived (a reset may overtake it).
inline env::awaitable<void> give_up(env::scheduler& loop, responder& out) {
  (void)co_await out.begin(200);
  (void)co_await out.write("half of it");
  co_await loop.sleep(std::chrono::seconds(1));
}

inline env::awaitable<void> no_answer() {
  co_return;
}

// Works for a long time without writing anything.
inline env::awaitable<void> compute(seen& s, env::environment env, boot_time began,
                                    responder& out) {
  ++s.calls;
  co_await env.loop.sleep(std::chrono::hours(10));
  s.cancelled = out.cancel_flag();
  s.cancelled_at = env.clock.boot() - began;
  (void)co_await out.send(200, "done\n");
}

// Writes for ever.
inline env::awaitable<void> flood(seen& s, responder& out) {
  ++s.calls;
  const std::string piece(64 << 10, 'x');
  result<> ok = co_await out.begin(200);
  while (ok) ok = co_await out.write(piece);
  s.cancelled = true;
}

inline env::awaitable<void> evil_header(responder& out) {
  out.set("X-Text", "a\r\nSet-Cookie: b\x01");
  out.set("Content-Length", "99999");
  (void)co_await out.send(200, "x");
}

inline env::awaitable<reply> read_to_end(env::environment env, env::stream& s, boot_time began) {
  reply out;
  char buffer[4096];
  for (;;) {
    const auto got = co_await s.read_some(buffer, sizeof(buffer));
    if (!got) out.reset = true;
    if (!got || *got == 0) break;
    out.text.append(buffer, *got);
  }
  out.took = env.clock.boot() - began;
  co_return out;
}

// Says all of `raw`, or a byte every `gap`, as long as the server listens.
inline env::awaitable<void> say(env::environment env, env::stream& s, std::string raw,
                                duration gap) {
  if (gap == duration::zero()) {
    (void)co_await s.write(raw);
    co_return;
  }
  for (const char c : raw) {
    const std::string one(1, c);
    const auto sent = co_await s.write(one);
    if (!sent) co_return;
    co_await env.loop.sleep(gap);
  }
}

inline env::awaitable<reply> talk(env::environment env, env::endpoint to, std::string raw,
                                  duration gap) {
  const boot_time began = env.clock.boot();
  auto s = co_await env.net.connect(to);
  ASSERT(s.has_value(), "the server listens");
  env::task_group speaking(env.loop);
  speaking.spawn(say(env, **s, std::move(raw), gap));
  reply out = co_await read_to_end(env, **s, began);
  speaking.stop();
  co_await speaking.join();
  co_return out;
}

class served {
 public:
  explicit served(server_limits l = {}) : limits(std::move(l)) {
    auto got = here.env().net.listen({here.ip(), 80});
    ASSERT(got.has_value(), "port 80 is free");
    listener = std::move(*got);
    add_routes();
  }
  ~served() {
    tasks.stop();
    (void)world.run_until([&] { return tasks.size() == 0; }, std::chrono::hours(1));
  }

  void start() {
    server_.emplace(here.env(), *listener, routes, limits, metrics);
    tasks.spawn(server_->run());
  }
  server& the_server() { return *server_; }

  reply ask(std::string raw, duration gap = {}) {
    if (!server_) start();
    const env::endpoint to{here.ip(), 80};
    return world.run(talk(there.env(), to, std::move(raw), gap));
  }

  sim::world world{7};
  sim::host& here = world.add_host("server");
  sim::host& there = world.add_host("client");
  server_limits limits;
  metrics_registry registry;
  server_metrics metrics{registry};
  router routes;
  seen s;
  std::unique_ptr<env::listener> listener;
  env::task_group tasks{world.loop()};

 private:
  void add_routes() {
    auto* log = &s;
    const env::environment e = here.env();
    const auto get = method_set(method::get) | method_set(method::head);
    const auto add = [&](method_set m, std::string path, handler h) -> route& {
      return routes.add(route(m, std::move(path), scope::read, std::move(h)));
    };
    add(get, "/hello", [log](auto& q, auto& out) { return say_hello(*log, q, out); });
    add(method::post, "/echo", [log](auto& q, auto& out) { return echo(*log, q, out); });
    add(method::post, "/small", [log](auto& q, auto& out) {
      return echo(*log, q, out);
    }).body_bytes_max = 10;
    add(get, "/ui/", [log](auto& q, auto& out) { return say_hello(*log, q, out); }).kind =
        path_kind::prefix;
    auto* loop = &e.loop;
    add(get, "/stream", [loop](auto&, auto& out) { return stream_three(*loop, out); });
    add(get, "/gives-up", [loop](auto&, auto& out) { return give_up(*loop, out); });
    add(get, "/silent", [](auto&, auto&) { return no_answer(); });
    const boot_time began = e.clock.boot();
    add(get, "/compute",
        [log, e, began](auto&, auto& out) { return compute(*log, e, began, out); });
    add(get, "/flood", [log](auto&, auto& out) { return flood(*log, out); });
    add(get, "/evil", [](auto&, auto& out) { return evil_header(out); });
  }

  std::optional<server> server_;
};

}  // namespace oklog::http
