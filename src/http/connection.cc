#include "http/connection.h"

#include <algorithm>

#include "http/append_now.h"

namespace oklog::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t head_read_bytes = 4 << 10;
// Pipelined requests that are taken in while another one is handled.
constexpr std::size_t ahead_bytes_max = 16 << 10;
constexpr duration linger_wait = 2s;
constexpr std::size_t linger_bytes_max = 4 << 20;
constexpr std::string_view unmatched = "unmatched";

constexpr refusal hung_up{0, ""};

}  // namespace

connection::connection(env::environment env, std::unique_ptr<env::stream> stream,
                       const router& routes, const server_limits& limits, server_metrics& metrics,
                       server_state& state)
    : env_(env),
      stream_(std::move(stream)),
      routes_(routes),
      limits_(limits),
      metrics_(metrics),
      state_(state) {}

env::awaitable<void> connection::run() {
  while (true) {
    const bool asked = co_await await_request();
    if (!asked) break;
    const bool again = co_await serve_one();
    if (!again) break;
  }
  if (linger_) co_await linger();
  stream_->close();
}

env::awaitable<result<std::size_t>> connection::fill(boot_time deadline, std::size_t bytes_max) {
  for (;;) {
    const duration left = deadline - env_.clock.boot();
    if (left <= duration::zero()) co_return fail(errc::timeout, "the client is too slow");
    auto got = append_now(*stream_, in_, bytes_max);
    if (got || got.error().code != errc::busy) co_return got;
    auto readable = stream_->wait_readable();
    auto ready = co_await env::with_timeout(env_.loop, left, "the client", std::move(readable));
    if (!ready) co_return ready.error();
  }
}

env::awaitable<bool> connection::await_request() {
  if (!in_.empty()) co_return true;
  if (state_.draining) co_return false;
  in_.shrink_to_fit();
  const auto place = state_.idle.insert(state_.idle.end(), stream_.get());
  const auto got = co_await fill(env_.clock.boot() + limits_.idle, head_read_bytes);
  state_.idle.erase(place);
  co_return got&&* got > 0;
}

env::awaitable<bool> connection::serve_one() {
  const boot_time started = env_.clock.boot();
  request req;
  req.remote = stream_->remote();
  request_decoder decoder(limits_);
  std::optional<refusal> refused = co_await read_head(decoder, req);
  const std::string method_label(refused ? "other" : name(req.method));
  router::match match;
  if (!refused) {
    match = routes_.find(req.method, req.path);
    if (!match.found && match.allowed.empty()) {
      refused = refusal{404, "there is nothing at this path"};
    } else if (!match.found) {
      refused = refusal{405, "this method is not served here"};
    }
  }
  const bool plain_refusal = refused && !match.found && refused->status != 0 &&
                             method_label != "other" && !decoder.has_body();
  if (match.found) {
    const std::uint64_t route_max = match.found->body_bytes_max;
    refused = co_await read_body(decoder, route_max > 0 ? route_max : limits_.body_bytes, req.body);
  }
  if (refused && refused->status == 0) co_return false;

  responder::options how;
  how.head_only = method_label == "HEAD";
  how.http10 = req.http10;
  // After most refusals nobody knows where the next request begins.
  how.keep_alive = (!refused || plain_refusal) && decoder.keep_alive() && !state_.draining;
  how.send_stall = limits_.send_stall;
  responder out(env_, *stream_, how);
  if (refused) {
    co_await refuse(*refused, match.allowed, out);
  } else {
    co_await handle(*match.found, req, out);
  }
  const std::string path = match.found ? match.found->label() : std::string(unmatched);
  metrics_.observe(method_label, path, out.status(), env_.clock.boot() - started);
  linger_ = out.complete() && !out.keep_alive();
  co_return out.complete() && out.keep_alive() && !out.cancelled();
}

env::awaitable<std::optional<refusal>> connection::read_head(request_decoder& decoder,
                                                             request& req) {
  const boot_time deadline = env_.clock.boot() + limits_.head_wait;
  head_scan scan(limits_.head_bytes);
  for (;;) {
    const auto verdict = scan.look(in_);
    if (verdict == head_scan::verdict::complete) break;
    if (verdict != head_scan::verdict::more) co_return as_refusal(verdict);
    const auto got = co_await fill(deadline, head_read_bytes);
    if (!got && got.error().code == errc::timeout) {
      co_return refusal{408, "the headers took too long"};
    }
    if (!got || *got == 0) co_return hung_up;
  }
  std::string_view head(in_.data(), scan.size());
  // Some old clients end a body with an empty line too many.
  if (head.starts_with("\r\n")) head.remove_prefix(2);
  auto refused = refuse_request(head, limits_);
  if (!refused) refused = decoder.head(head, req);
  in_.erase(0, scan.size());
  co_return refused;
}

env::awaitable<std::optional<refusal>> connection::read_body(request_decoder& decoder,
                                                             std::uint64_t bytes_max,
                                                             std::string& body) {
  if (!decoder.has_body()) co_return std::nullopt;
  auto refused = decoder.limit_body(bytes_max);
  if (refused) co_return refused;
  if (decoder.expects_continue() && in_.empty()) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    auto op = stream_->write(go_on);
    const auto sent =
        co_await env::with_timeout(env_.loop, limits_.head_wait, "100-continue", std::move(op));
    if (!sent) co_return hung_up;
  }
  const boot_time started = env_.clock.boot();
  std::uint64_t received = in_.size();
  for (;;) {
    std::size_t taken = 0;
    refused = decoder.body(in_, taken, body);
    in_.erase(0, taken);
    if (refused || !decoder.has_body()) co_return refused;
    const duration earned = std::chrono::seconds(received / limits_.body_rate);
    const auto got =
        co_await fill(started + std::max(limits_.body_grace, earned), append_bytes_max);
    if (!got && got.error().code == errc::timeout) {
      co_return refusal{408, "the body came too slowly"};
    }
    if (!got || *got == 0) co_return hung_up;
    received += *got;
  }
}

env::awaitable<void> connection::handle(const route& found, const request& req, responder& out) {
  env::task_group work(env_.loop);
  env::task_group watching(env_.loop);
  bool done = false;
  work.spawn(run_handler(found, req, out, done, watching));
  watching.spawn(watch(out, done, work));
  co_await watching.join();
  co_await work.join();
  if (!out.begun() && !out.cancelled()) {
    env_.log.error("a handler gave no answer", {{"path", found.label()}});
    const auto sent = co_await out.send_error(500, "the server has failed to answer");
    if (!sent) co_return;
  }
  if (!out.complete()) out.abort();
}

env::awaitable<void> connection::run_handler(const route& found, const request& req, responder& out,
                                             bool& done, env::task_group& watching) {
  co_await found.handle(req, out);
  done = true;
  watching.stop();
}

env::awaitable<void> connection::watch(responder& out, const bool& done, env::task_group& work) {
  bool gone = false;
  while (!done && !gone) {
    if (in_.size() >= ahead_bytes_max) {
      // No room to see the end behind so many requests: only a failing write will tell.
      co_await env_.loop.sleep(std::chrono::hours(24));
      const auto stopped = co_await env::is_cancelled();
      if (stopped) break;
      continue;
    }
    const auto ready = co_await stream_->wait_readable();
    if (done || (!ready && ready.error().code == errc::cancelled)) break;
    const auto got = append_now(*stream_, in_, head_read_bytes);
    gone = got ? *got == 0 : got.error().code != errc::busy;
  }
  if (done) co_return;
  if (gone) metrics_.clients_gone.add();
  out.cancel();
  work.stop();
}

env::awaitable<void> connection::refuse(refusal why, method_set allowed, responder& out) {
  if (why.status == 405) {
    const method_set usual = method::get | method::head | method_set(method::post);
    out.set("Allow", format(allowed.empty() ? usual : allowed));
  }
  const auto sent = co_await out.send_error(why.status, why.sentence);
  if (!sent) env_.log.debug("a refusal was not heard", {{"error", sent.error().what}});
}

env::awaitable<void> connection::linger() {
  if (!stream_->shutdown_send()) co_return;
  const boot_time deadline = env_.clock.boot() + linger_wait;
  for (std::size_t dropped = 0; dropped < linger_bytes_max;) {
    in_.clear();
    const auto got = co_await fill(deadline, append_bytes_max);
    if (!got || *got == 0) co_return;
    dropped += *got;
  }
}

env::awaitable<void> serve_connection(env::environment env, std::unique_ptr<env::stream> stream,
                                      const router& routes, const server_limits& limits,
                                      server_metrics& metrics, server_state& state) {
  connection served(env, std::move(stream), routes, limits, metrics, state);
  co_await served.run();
}

}  // namespace oklog::http
