#include "oklog/api/roster_api.h"

#include <charconv>

#include "api/hex.h"
#include "api/peer_patience.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;

env::awaitable<void> give(const result<written_roster>& ours, const env::clock& clock,
                          std::optional<hash128> known, unsigned unchanged, responder& out) {
  if (!ours) {
    (void)co_await out.send_error(503, "the roster cannot be written down");
    co_return;
  }
  out.set("X-Oklog-Time", std::to_string(unix_ms(clock.now())));
  if (known == ours->hash) {
    (void)co_await out.send(unchanged, "");
    co_return;
  }
  out.set("Content-Type", "application/json");
  (void)co_await out.send(200, *ours->json);
}

env::awaitable<void> exchange(roster_service& service, const env::clock& clock, const request& r,
                              responder& out) {
  auto theirs = parse_roster(r.body);
  if (!theirs) {
    (void)co_await out.send_error(400, "parsing the body: a roster was expected");
    co_return;
  }
  const auto ours = co_await service.exchange(std::move(*theirs));
  co_await give(ours, clock, xxh3_128(r.body), 204, out);
}

env::awaitable<void> show(const roster_service& service, const env::clock& clock, const request& r,
                          responder& out) {
  const auto text = r.param("unless");
  const auto unless = parse_hash128(text.value_or(""));
  if (text && !unless) {
    (void)co_await out.send_error(400, "parsing 'unless': a hash was expected");
    co_return;
  }
  const auto ours = service.written();
  co_await give(ours, clock, unless, 304, out);
}

}  // namespace

void add_roster_routes(http::router& routes, roster_service& service, const env::clock& clock) {
  auto r = http::route(method::post, "/store/_roster", http::scope::internal,
                       [&service, &clock](const request& q, responder& out) {
                         return exchange(service, clock, q, out);
                       });
  r.body_bytes_max = roster_bytes_max;
  routes.add(std::move(r));
  routes.add(http::route(method::get, "/store/_roster", http::scope::internal,
                         [&service, &clock](const request& q, responder& out) {
                           return show(service, clock, q, out);
                         }));
}

roster_client::roster_client(env::environment env)
    : env_(env), client_(env, peer_patience(std::chrono::seconds(5))) {}

env::awaitable<result<roster_client::answer>> roster_client::look(std::string api,
                                                                  const written_roster& ours) {
  http::client_request what;
  what.url = "http://" + api + "/store/_roster?unless=" + to_hex(ours.hash);
  return ask(std::move(what), ours.hash);
}

env::awaitable<result<roster_client::answer>> roster_client::tell(std::string api,
                                                                  const written_roster& ours) {
  http::client_request what;
  what.method = method::post;
  what.url = "http://" + api + "/store/_roster";
  what.body = *ours.json;
  return ask(std::move(what), ours.hash);
}

env::awaitable<result<roster_client::answer>> roster_client::ask(http::client_request what,
                                                                 hash128 ours) {
  const boot_time begun = env_.clock.boot();
  CO_TRY_LET(auto got, co_await client_.send(std::move(what)));
  CO_TRY_LET(const std::string body, co_await got.read_all(roster_bytes_max));
  answer a;
  a.hash = ours;
  if (got.status() == 200) {
    CO_TRY_LET(a.theirs, parse_roster(body));
    a.hash = xxh3_128(body);
  } else if (got.status() != 204 && got.status() != 304) {
    const errc code = got.status() == 404 ? errc::not_found : errc::unavailable;
    co_return fail(code, "the store answered " + std::to_string(got.status()));
  }
  std::int64_t ms = 0;
  const std::string_view said = got.header("X-Oklog-Time").value_or("");
  const auto [end, bad] = std::from_chars(said.data(), said.data() + said.size(), ms);
  const bool plausible = ms > 0 && ms <= static_cast<std::int64_t>(ulid::ms_max / 16);
  if (bad == std::errc() && plausible) {
    const duration half = (env_.clock.boot() - begun) / 2;
    a.clock_offset = std::chrono::milliseconds(ms - unix_ms(env_.clock.now() - half));
  }
  co_return a;
}

}  // namespace oklog::api
