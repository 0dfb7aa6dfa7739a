#include "oklog/api/ingest_api.h"

#include <charconv>

#include "api/hex.h"
#include "api/id_list.h"
#include "oklog/api/replica_api.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;
using ingest::decision;

env::awaitable<void> refuse(responder& out, decision what) {
  switch (what) {
    case decision::not_read:
      (void)co_await out.send_error(428, "segment hasn't been read yet; can't commit");
      break;
    case decision::conflict:
      (void)co_await out.send_error(409, "the segment's lease is over, or it holds something else");
      break;
    default:
      (void)co_await out.send_error(404, "404 page not found");
      break;
  }
}

env::awaitable<void> fail_with(responder& out, const error& e) {
  if (e.code == errc::conflict) {
    (void)co_await out.send_error(409, e.what);
  } else if (e.code == errc::not_found) {
    co_await refuse(out, decision::not_found);
  } else {
    (void)co_await out.send_error(e.code == errc::no_space ? 507 : 500,
                                  "the segment cannot be moved or read");
  }
}

// Nothing where it is absent; an error where it is no number.
result<std::optional<std::uint32_t>> wanted_shard(const request& r) {
  const auto text = r.param("shard");
  if (!text) return std::optional<std::uint32_t>{};
  std::uint32_t shard = 0;
  const auto [at, bad] = std::from_chars(text->data(), text->data() + text->size(), shard);
  if (bad != std::errc() || at != text->data() + text->size()) {
    return fail(errc::invalid, "parsing 'shard': a whole number was expected");
  }
  return std::optional(shard);
}

// Nothing where it is absent; an error where it is none.
result<duration> wanted_wait(const request& r) {
  const auto text = r.param("wait");
  if (!text) return duration::zero();
  const auto parsed = parse_duration(*text);
  if (!parsed) return fail(errc::invalid, "parsing 'wait': a duration such as 1s was expected");
  return std::clamp(*parsed, duration::zero(), next_wait_max);
}

std::string format_low_water(const cluster::low_water& low) {
  return std::to_string(low.starts) + "." + std::to_string(low.uptime_ms) + "." +
         std::to_string(low.ms);
}

env::awaitable<void> waiting(ingest_service& service, const request& r, responder& out) {
  const auto wait = wanted_wait(r);
  if (!wait) {
    (void)co_await out.send_error(400, wait.error().what);
    co_return;
  }
  const bool any = co_await service.waiting(*wait);
  out.set("X-Oklog-Low-Water", format_low_water(service.low_water()));
  if (!any) {
    co_await refuse(out, decision::not_found);
    co_return;
  }
  out.set("Content-Type", http::plain_text);
  (void)co_await out.send(200, "OK\n");
}

env::awaitable<void> next(ingest_service& service, const request& r, responder& out) {
  const auto shard = wanted_shard(r);
  if (!shard) {
    (void)co_await out.send_error(400, shard.error().what);
    co_return;
  }
  const auto wait = wanted_wait(r);
  if (!wait) {
    (void)co_await out.send_error(400, wait.error().what);
    co_return;
  }
  auto claimed = co_await service.next(*shard, *wait);
  if (!claimed) {
    co_await fail_with(out, claimed.error());
    co_return;
  }
  out.set("X-Oklog-Shard", std::to_string(claimed->shard));
  out.set("X-Oklog-Raw-Bytes", std::to_string(claimed->raw_bytes));
  out.set("Content-Type", http::plain_text);
  (void)co_await out.send(200, claimed->id);
}

env::awaitable<result<>> send_content(ingest_service& service, const std::string& id,
                                      const ingest::segment_content& content, responder& out) {
  CO_TRY(co_await out.begin(200));
  for (std::uint64_t offset = 0; offset < content.bytes;) {
    auto piece = co_await service.read_piece(content, offset);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return fail(errc::corruption, "the segment is shorter than it was");
    offset += piece->size();
    CO_TRY(co_await out.write(*piece));
    service.keep_reading(id, false);
  }
  co_return co_await out.end();
}

env::awaitable<void> read(ingest_service& service, const request& r, responder& out) {
  const std::string id(r.param("id").value_or(""));
  auto found = co_await service.read(id);
  if (!found) {
    co_await fail_with(out, found.error());
    co_return;
  }
  if (found->what != decision::done) {
    co_await refuse(out, found->what);
    co_return;
  }
  const ingest::segment_content& content = *found->of;
  out.set("Content-Type", "application/octet-stream");
  out.set("X-Oklog-Hash", to_hex(content.hash.value_or(hash128{})));
  out.set("X-Oklog-Shard", std::to_string(content.shard));
  out.set("X-Oklog-Bytes", std::to_string(content.bytes));
  const auto sent = co_await send_content(service, id, content, out);
  service.keep_reading(id, true);
  if (!sent) out.abort();
}

env::awaitable<void> answer(result<decision> done, std::string well, responder& out) {
  if (!done) {
    co_await fail_with(out, done.error());
  } else if (*done != decision::done) {
    co_await refuse(out, *done);
  } else {
    out.set("Content-Type", http::plain_text);
    (void)co_await out.send(200, well);
  }
}

env::awaitable<void> commit(ingest_service& service, const request& r, responder& out) {
  const auto hash = parse_hash128(r.param("hash").value_or(""));
  if (!hash) {
    (void)co_await out.send_error(400, "parsing 'hash': 32 hexadecimal digits were expected");
    co_return;
  }
  auto stores = parse_ids("stores", r.param("stores").value_or(""), holders_max);
  if (!stores) {
    (void)co_await out.send_error(400, stores.error().what);
    co_return;
  }
  std::string id(r.param("id").value_or(""));
  const hash128 named = *hash;
  const bool damaged = r.param("damaged").value_or("") == "1";
  auto done = co_await service.commit(std::move(id), named, std::move(*stores), damaged);
  co_await answer(std::move(done), "Commit OK", out);
}

env::awaitable<void> failed(ingest_service& service, const request& r, responder& out) {
  auto done = co_await service.failed(std::string(r.param("id").value_or("")));
  co_await answer(std::move(done), "Failed OK", out);
}

env::awaitable<void> segment_state(ingest_service& service, responder& out) {
  const std::string text = service.segment_state();
  out.set("Content-Type", http::plain_text);
  (void)co_await out.send(200, text);
}

}  // namespace

void add_ingest_routes(http::router& routes, ingest_service& service) {
  using http::route;
  using http::scope;
  routes.add(route(method::get, "/ingest/next", scope::internal,
                   [&service](const request& r, responder& out) { return next(service, r, out); }));
  routes.add(
      route(method::get, "/ingest/waiting", scope::internal,
            [&service](const request& r, responder& out) { return waiting(service, r, out); }));
  routes.add(route(method::get, "/ingest/read", scope::internal,
                   [&service](const request& r, responder& out) { return read(service, r, out); }));
  routes.add(
      route(method::post, "/ingest/commit", scope::internal,
            [&service](const request& r, responder& out) { return commit(service, r, out); }));
  routes.add(
      route(method::post, "/ingest/failed", scope::internal,
            [&service](const request& r, responder& out) { return failed(service, r, out); }));
  routes.add(
      route(method::get, "/ingest/_segmentstate", scope::internal,
            [&service](const request&, responder& out) { return segment_state(service, out); }));
}

}  // namespace oklog::api
