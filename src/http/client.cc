#include "oklog/http/client.h"

#include <algorithm>

#include "http/append_now.h"
#include "http/codec.h"
#include "http/kept_connections.h"
#include "oklog/env/task_group.h"

namespace oklog::http {
struct client_response::exchange {
  exchange(env::environment e, std::unique_ptr<env::stream> s, bool no_body)
      : env(e), stream(std::move(s)), decoder(no_body) {}

  // As append_now, and waits for it. `wait` 0: for ever.
  env::awaitable<result<std::size_t>> fill(duration wait);

  env::environment env;
  std::unique_ptr<env::stream> stream;
  response_decoder decoder;
  std::string in;  // read and not used yet
  response_head head;
  duration body_gap{};
  std::string authority;
  std::shared_ptr<kept_connections> kept;
};

env::awaitable<result<std::size_t>> client_response::exchange::fill(duration wait) {
  for (;;) {
    auto got = append_now(*stream, in);
    if (got || got.error().code != errc::busy) co_return got;
    auto op = stream->wait_readable();
    result<> ready;
    if (wait > duration::zero()) {
      ready = co_await env::with_timeout(env.loop, wait, "the answer", std::move(op));
    } else {
      ready = co_await std::move(op);
    }
    if (!ready) co_return ready.error();
  }
}

namespace {

using exchange = client_response::exchange;

std::string format_head(const client_request& what, const url& where) {
  std::string out(name(what.method));
  out += " " + where.target + " HTTP/1.1\r\nHost: " + where.authority() + "\r\n";
  for (const auto& h : what.headers) out += h.name + ": " + h.value + "\r\n";
  if (!what.body.empty() || what.method == method::post || what.method == method::put) {
    out += "Content-Length: " + std::to_string(what.body.size()) + "\r\n";
  }
  return out + "\r\n";
}

result<> check_headers(const header_list& headers) {
  for (const auto& h : headers) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    const bool bad = h.name.empty() || std::any_of(h.name.begin(), h.name.end(), control) ||
                     std::any_of(h.value.begin(), h.value.end(), control);
    if (bad) return fail(errc::invalid, "a request header has a control byte");
  }
  return {};
}

// One head, also an interim one.
env::awaitable<result<>> read_one_head(exchange& x, std::size_t bytes_max, bool no_body) {
  head_scan scan(bytes_max);
  for (;;) {
    const auto verdict = scan.look(x.in);
    if (verdict == head_scan::verdict::complete) break;
    if (verdict != head_scan::verdict::more) {
      co_return fail(errc::corruption, "the answer is not HTTP");
    }
    CO_TRY_LET(const std::size_t got, co_await x.fill(duration::zero()));
    if (got == 0) co_return fail(errc::closed, "the connection ended before the answer");
  }
  x.decoder = response_decoder(no_body);
  CO_TRY(x.decoder.head(std::string_view(x.in).substr(0, scan.size()), x.head));
  x.in.erase(0, scan.size());
  co_return result<>();
}

env::awaitable<result<>> talk(exchange& x, std::string request, std::size_t head_bytes_max,
                              bool no_body) {
  CO_TRY(co_await x.stream->write(request));
  do {
    CO_TRY(co_await read_one_head(x, head_bytes_max, no_body));
  } while (x.head.status < 200);
  co_return result<>();
}

}  // namespace

client_response::client_response(std::unique_ptr<exchange> x)
    : exchange_(std::move(x)), head_(std::move(exchange_->head)) {
  if (exchange_->decoder.done()) finish();
}
client_response::~client_response() = default;
client_response::client_response(client_response&&) noexcept = default;
client_response& client_response::operator=(client_response&&) noexcept = default;

void client_response::finish() {
  exchange& x = *exchange_;
  trailers_ = x.decoder.trailers();
  if (x.in.empty() && x.decoder.keep_alive() && x.kept) {
    x.kept->keep(std::move(x.authority), std::move(x.stream));
  } else {
    x.stream->close();
  }
  exchange_.reset();
}

env::awaitable<result<std::optional<std::string>>> client_response::next() {
  using piece = std::optional<std::string>;
  if (failed_) co_return *failed_;
  std::string out;
  while (exchange_) {
    exchange& x = *exchange_;
    std::size_t taken = 0;
    result<> ok = x.decoder.body(x.in, taken, out);
    x.in.erase(0, taken);
    if (ok && x.decoder.done()) finish();
    if (ok && !out.empty()) co_return piece(std::move(out));
    if (ok && !exchange_) break;
    if (ok) {
      const auto got = co_await x.fill(x.body_gap);
      if (!got) ok = got.error();
      if (got && *got == 0) {
        ok = x.decoder.end_of_stream();
        if (ok) finish();
      }
    }
    if (!ok) {
      failed_ = ok.error();
      exchange_.reset();
      co_return *failed_;
    }
  }
  co_return piece();
}

env::awaitable<result<std::string>> client_response::read_all(std::uint64_t bytes_max,
                                                              std::uint64_t expected) {
  std::string out;
  out.reserve(std::min(bytes_max, expected));
  for (;;) {
    CO_TRY_LET(auto piece, co_await next());
    if (!piece) co_return out;
    if (out.size() + piece->size() > bytes_max) {
      exchange_.reset();
      failed_ = fail(errc::invalid, "the answer is over " + std::to_string(bytes_max) + " bytes");
      co_return *failed_;
    }
    out += *piece;
  }
}

client::client(env::environment env, client_options options)
    : env_(env), options_(options), kept_(std::make_shared<kept_connections>(env.clock)) {}
client::~client() = default;
client::client(client&&) noexcept = default;

env::awaitable<result<std::unique_ptr<env::stream>>> client::connect(const url& where) {
  auto resolving = env_.net.resolve(where.host);
  CO_TRY_LET(const auto addresses, co_await env::with_timeout(env_.loop, options_.connect_wait,
                                                              where.host, std::move(resolving)));
  error last = fail(errc::unavailable, where.host + " has no address");
  for (const std::string& ip : addresses) {
    const env::endpoint to{ip, where.port};
    auto connecting = env_.net.connect(to);
    auto got = co_await env::with_timeout(env_.loop, options_.connect_wait, format(to),
                                          std::move(connecting));
    if (got) co_return std::move(got);
    last = std::move(got).error();
    if (last.code == errc::cancelled) break;
  }
  co_return last;
}

env::awaitable<result<client_response>> client::attempt(const client_request& what,
                                                        const url& where,
                                                        std::unique_ptr<env::stream> stream) {
  const bool no_body = what.method == method::head;
  auto x = std::make_unique<exchange>(env_, std::move(stream), no_body);
  x->body_gap = options_.body_gap;
  x->authority = where.authority();
  x->kept = kept_;
  std::string request = format_head(what, where) + what.body;
  auto talking = talk(*x, std::move(request), options_.head_bytes_max, no_body);
  CO_TRY(co_await env::with_timeout(env_.loop, options_.head_wait, where.authority(),
                                    std::move(talking)));
  co_return client_response(std::move(x));
}

env::awaitable<result<client_response>> client::send_once(const client_request& what,
                                                          const url& where) {
  std::unique_ptr<env::stream> old = kept_->take(where.authority());
  if (old) {
    auto again = co_await attempt(what, where, std::move(old));
    // The server may have closed while our request was on its way. Only what changes nothing is
    // sent a second time.
    const bool safe = what.method == method::get || what.method == method::head;
    if (again || again.error().code != errc::closed || !safe) co_return std::move(again);
  }
  CO_TRY_LET(auto stream, co_await connect(where));
  co_return co_await attempt(what, where, std::move(stream));
}

env::awaitable<result<client_response>> client::send(client_request what) {
  CO_TRY(check_headers(what.headers));
  CO_TRY_LET(url where, parse_url(what.url));
  for (unsigned followed = 0;; ++followed) {
    auto answer = co_await send_once(what, where);
    const bool redirects = answer && answer->status() >= 301 && answer->status() <= 308 &&
                           answer->status() != 304 && answer->header("Location");
    const bool safe = what.method == method::get || what.method == method::head;
    if (!redirects || !safe || followed == options_.redirects_max) co_return std::move(answer);
    const std::string location(*answer->header("Location"));
    const std::string base = "http://" + where.authority();
    CO_TRY_LET(where, parse_url(location.starts_with('/') ? base + location : location));
  }
}

env::awaitable<result<client_response>> client::get(std::string url) {
  client_request what;
  what.url = std::move(url);
  co_return co_await send(std::move(what));
}

env::awaitable<result<client_response>> client::head(std::string url) {
  client_request what;
  what.method = method::head;
  what.url = std::move(url);
  co_return co_await send(std::move(what));
}

env::awaitable<result<client_response>> client::post(std::string url, std::string body) {
  client_request what;
  what.method = method::post;
  what.url = std::move(url);
  what.body = std::move(body);
  co_return co_await send(std::move(what));
}

}  // namespace oklog::http
