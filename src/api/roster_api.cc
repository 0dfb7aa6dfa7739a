#include "oklog/api/roster_api.h"

#include <charconv>

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;

http::client_options options() {
  http::client_options o;
  o.connect_wait = std::chrono::seconds(2);
  o.head_wait = std::chrono::seconds(5);
  o.body_gap = std::chrono::seconds(5);
  return o;
}

env::awaitable<void> exchange(roster_service& service, const env::clock& clock, const request& r,
                              responder& out) {
  auto theirs = parse_roster(r.body);
  if (!theirs) {
    (void)co_await out.send_error(400, "parsing the body: a roster was expected");
    co_return;
  }
  const auto ours = co_await service.exchange(std::move(*theirs));
  if (!ours) {
    (void)co_await out.send_error(503, "the roster cannot be written down");
    co_return;
  }
  out.set("X-Oklog-Time", std::to_string(unix_ms(clock.now())));
  out.set("Content-Type", "application/json");
  (void)co_await out.send(200, to_json(*ours));
}

}  // namespace

void add_roster_routes(http::router& routes, roster_service& service, const env::clock& clock) {
  auto r = http::route(method::post, "/store/_roster", http::scope::internal,
                       [&service, &clock](const request& q, responder& out) {
                         return exchange(service, clock, q, out);
                       });
  r.body_bytes_max = roster_bytes_max;
  routes.add(std::move(r));
}

roster_client::roster_client(env::environment env) : env_(env), client_(env, options()) {}

env::awaitable<result<roster_client::exchanged>> roster_client::exchange(
    std::string api, const cluster::roster& ours) {
  const boot_time begun = env_.clock.boot();
  CO_TRY_LET(auto answer, co_await client_.post("http://" + api + "/store/_roster", to_json(ours)));
  CO_TRY_LET(const std::string body, co_await answer.read_all(roster_bytes_max));
  if (answer.status() != 200) {
    const errc code = answer.status() == 404 ? errc::not_found : errc::unavailable;
    co_return fail(code, "the store answered " + std::to_string(answer.status()));
  }
  roster_client::exchanged got;
  CO_TRY_LET(got.theirs, parse_roster(body));
  std::int64_t ms = 0;
  const std::string_view said = answer.header("X-Oklog-Time").value_or("");
  const auto [end, bad] = std::from_chars(said.data(), said.data() + said.size(), ms);
  const bool plausible = ms > 0 && ms <= static_cast<std::int64_t>(ulid::ms_max / 16);
  if (bad == std::errc() && plausible) {
    const duration half = (env_.clock.boot() - begun) / 2;
    got.clock_offset = std::chrono::milliseconds(ms - unix_ms(env_.clock.now() - half));
  }
  co_return got;
}

}  // namespace oklog::api
