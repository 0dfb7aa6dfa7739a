#include "oklog/api/catalogue_api.h"

#include <charconv>
#include <optional>

#include "api/hex.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;

// What is left out is `otherwise`; nothing where it is no number.
std::optional<std::uint64_t> window_param(const request& r, std::string_view name,
                                          std::uint64_t otherwise) {
  const auto text = r.param(name);
  if (!text) return otherwise;
  std::uint64_t n = 0;
  const auto [at, bad] = std::from_chars(text->data(), text->data() + text->size(), n);
  const bool whole = bad == std::errc() && at == text->data() + text->size();
  return whole ? std::optional<std::uint64_t>(n) : std::nullopt;
}

env::awaitable<void> answer(const store_log& log, env::scheduler& loop, const request& r,
                            responder& out) {
  const auto from = window_param(r, "from", 0);
  const auto to = window_param(r, "to", ~0ULL);
  if (!from || !to) {
    (void)co_await out.send_error(400, "parsing 'from' and 'to': hours since 1970 were expected");
    co_return;
  }
  const store_catalogue held = log.catalogue(*from, *to);
  if (held.segments() > catalogue_segments_max) {
    (void)co_await out.send_error(413, "too many segments: ask for fewer windows");
    co_return;
  }
  const auto text = r.param("unless");
  const auto unless = parse_hash128(text.value_or(""));
  if (text && !unless) {
    (void)co_await out.send_error(400, "parsing 'unless': a hash was expected");
    co_return;
  }
  std::string body;
  const auto known = [&] {
    if (unless && *unless == held.fingerprint()) return true;
    body = to_json(held);
    return false;
  };
  const bool unchanged = co_await env::offload(loop, known);
  if (unchanged) {
    (void)co_await out.send(304, "");
    co_return;
  }
  out.set("Content-Type", "application/json");
  (void)co_await out.send(200, body);
}

}  // namespace

void add_catalogue_routes(http::router& routes, const store_log& log, env::scheduler& loop) {
  routes.add(http::route(
      method::get, "/store/_catalogue", http::scope::internal,
      [&log, &loop](const request& r, responder& out) { return answer(log, loop, r, out); }));
}

}  // namespace oklog::api
