#include "oklog/api/replica_api.h"

#include <charconv>
#include <optional>

#include "api/hex.h"
#include "api/id_list.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;

template <class Int>
std::optional<Int> number_of(const request& r, std::string_view name) {
  const auto text = r.param(name);
  if (!text) return std::nullopt;
  Int n = 0;
  const auto [at, bad] = std::from_chars(text->data(), text->data() + text->size(), n);
  const bool whole = bad == std::errc() && at == text->data() + text->size();
  return whole && !text->empty() ? std::optional<Int>(n) : std::nullopt;
}

result<piece_offer> offer_of(const request& r) {
  piece_offer o;
  o.name = r.param("piece").value_or("");
  o.from = r.param("from").value_or("");
  const auto window = number_of<std::uint64_t>(r, "window");
  const auto shard = number_of<std::uint32_t>(r, "shard");
  const auto hash = parse_hash128(r.param("hash").value_or(""));
  if (!hash) return fail(errc::invalid, "parsing 'hash': 32 hexadecimal digits were expected");
  if (!window || *window > ulid::ms_max / window_ms) {
    return fail(errc::invalid, "parsing 'window': the hours since 1970 were expected");
  }
  if (!shard) return fail(errc::invalid, "parsing 'shard': a whole number was expected");
  if (o.name.empty()) return fail(errc::invalid, "parsing 'piece': a name was expected");
  if (!parse_ulid(o.from)) return fail(errc::invalid, "parsing 'from': a store's id was expected");
  TRY_LET(o.holders, parse_ids("holders", r.param("holders").value_or(""), holders_max));
  o.partition = {*window, *shard};
  o.hash = *hash;
  return o;
}

struct refusal {
  unsigned status;
  std::string_view sentence;
};

refusal refusal_of(errc code) {
  switch (code) {
    case errc::invalid:
      return {400, "the piece is too large"};
    case errc::not_found:
      return {404, "no such store or piece"};
    case errc::corruption:
    case errc::conflict:
      return {409, "it is not the piece that was offered, or one of its holders is gone"};
    case errc::busy:
      return {429, "as many pieces as are copied at once are under way"};
    case errc::no_space:
      return {507, "no room on the disk"};
    case errc::io:
      return {500, "the piece cannot be written"};
    default:
      return {503, "the piece cannot be fetched"};
  }
}

env::awaitable<void> replicate(replica_service& service, const request& r, responder& out) {
  auto offer = offer_of(r);
  if (!offer) {
    (void)co_await out.send_error(400, offer.error().what);
    co_return;
  }
  const auto taken = co_await service.take_piece(std::move(*offer));
  if (!taken) {
    const refusal why = refusal_of(taken.error().code);
    (void)co_await out.send_error(why.status, why.sentence);
    co_return;
  }
  out.set("X-Oklog-Store", service.store_id());
  out.set("Content-Type", http::plain_text);
  (void)co_await out.send(200, *taken ? "there already\n" : "stored\n");
}

env::awaitable<result<>> send_bytes(replica_service& service, const store_segment& piece,
                                    responder& out) {
  CO_TRY(co_await out.begin(200));
  for (std::uint64_t offset = 0; offset < piece.file_bytes;) {
    const auto some = co_await service.read_piece(piece, offset);
    if (!some) co_return some.error();
    if (some->empty()) co_return fail(errc::corruption, "the piece is shorter than it was");
    offset += some->size();
    CO_TRY(co_await out.write(*some));
  }
  co_return co_await out.end();
}

env::awaitable<void> send_piece(replica_service& service, const request& r, responder& out) {
  const auto piece = service.find_piece(std::string(r.param("name").value_or("")));
  if (!piece) {
    (void)co_await out.send_error(404, "no such piece");
    co_return;
  }
  out.set("Content-Type", "application/octet-stream");
  out.set("X-Oklog-Hash", to_hex(piece->footer.file_hash));
  out.set("X-Oklog-Bytes", std::to_string(piece->file_bytes));
  const auto sent = co_await send_bytes(service, *piece, out);
  if (!sent) out.abort();
}

}  // namespace

void add_replica_routes(http::router& routes, replica_service& service) {
  routes.add(http::route(
      method::post, "/store/replicate", http::scope::internal,
      [&service](const request& r, responder& out) { return replicate(service, r, out); }));
  routes.add(http::route(
      method::get, "/store/_piece", http::scope::internal,
      [&service](const request& r, responder& out) { return send_piece(service, r, out); }));
}

}  // namespace oklog::api
