#include "oklog/http/server.h"

#include <string_view>

namespace oklog::http {
namespace {

constexpr duration turn_away_wait = std::chrono::seconds(1);

}  // namespace

server::server(env::environment env, env::listener& listener, const router& routes,
               const server_limits& limits, server_metrics& metrics)
    : env_(env), listener_(listener), routes_(routes), limits_(limits), metrics_(metrics) {}

env::awaitable<void> server::run() {
  env::task_group connections(env_.loop);
  bool listening = true;
  while (listening && !state_.draining) co_await accept_one(connections, listening);
  listener_.close();
  co_await connections.join();
}

env::awaitable<void> server::accept_one(env::task_group& connections, bool& listening) {
  auto got = co_await listener_.accept();
  if (!got) {
    const errc why = got.error().code;
    if (why == errc::cancelled || why == errc::closed) {
      listening = false;
      co_return;
    }
    metrics_.accept_failures.add();
    env_.log.warn("accepting rests", {{"error", got.error().what}});
    co_await env_.loop.sleep(limits_.accept_rest);
    co_return;
  }
  if (connections.size() >= limits_.connections) {
    metrics_.refused.add();
    co_await turn_away(std::move(*got));
    co_return;
  }
  connections.spawn(serve(std::move(*got)));
}

env::awaitable<void> server::serve(std::unique_ptr<env::stream> stream) {
  metrics_.connections.add(1);
  co_await serve_connection(env_, std::move(stream), routes_, limits_, metrics_, state_);
  metrics_.connections.add(-1);
}

env::awaitable<void> server::turn_away(std::unique_ptr<env::stream> stream) {
  constexpr std::string_view full =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 30\r\n\r\n"
      "too many connections are open\n";
  auto op = stream->write(full);
  const auto sent =
      co_await env::with_timeout(env_.loop, turn_away_wait, "turning away", std::move(op));
  if (!sent) env_.log.debug("turning away failed", {{"error", sent.error().what}});
  stream->close();
}

void server::drain() {
  state_.draining = true;
  listener_.close();
  const auto idle = state_.idle;
  for (env::stream* stream : idle) stream->close();
}

}  // namespace oklog::http
