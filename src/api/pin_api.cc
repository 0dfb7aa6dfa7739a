#include "oklog/api/pin_api.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/peer_patience.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;
using json = nlohmann::json;

constexpr std::size_t token_digits = 32;

env::awaitable<void> handle(pin_service& service, const env::clock& clock, const request& r,
                            responder& out) {
  const auto form = http::parse_query(r.body);
  parameters params;
  for (const http::parameter& p : form ? *form : std::vector<http::parameter>()) {
    params.emplace_back(p.name, p.value);
  }
  const auto q = parse_query(params, clock.now());
  if (!form || !q) {
    (void)co_await out.send_error(400, form ? q.error().what : form.error().what);
    co_return;
  }
  co_await service.answer_pin(q->from, q->to, out);
}

bool is_token(const std::string& text) {
  return text.size() == token_digits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

constexpr std::ptrdiff_t pin_lines = 3;

// The first lines of `text`, without their ends; nothing before all are there.
std::optional<std::array<std::string_view, pin_lines>> cut_lines(std::string_view text) {
  std::array<std::string_view, pin_lines> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

std::string to_text(const store_pin& pin) {
  // All are rendered where they belong; here they only stand together.
  return "{\"pin\":\"" + pin.token + "\",\"answer\":" + to_json(pin.said.covered, pin.said.stats) +
         "}\n" + to_json(pin.held, catalogue_detail::partitions) + to_json(pin.roster);
}

result<store_pin> parse_pin(std::string_view text) {
  const error wrong = fail(errc::corruption, "no pin of a store");
  const auto lines = cut_lines(text);
  if (!lines) return wrong;
  const json head = json::parse((*lines)[0], nullptr, false);
  if (!head.is_object() || !head.contains("pin") || !head["pin"].is_string()) return wrong;
  if (!head.contains("answer")) return wrong;
  store_pin pin;
  pin.token = head["pin"].get<std::string>();
  if (!is_token(pin.token)) return wrong;
  TRY_LET(pin.said,
          parse_summary(head["answer"].dump(-1, ' ', false, json::error_handler_t::replace)));
  TRY_LET(pin.held, parse_catalogue((*lines)[1], catalogue_detail::partitions));
  TRY_LET(pin.roster, parse_roster((*lines)[2]));
  return pin;
}

void add_pin_routes(http::router& routes, pin_service& service, const env::clock& clock) {
  routes.add(http::route(method::post, "/store/_pin", http::scope::internal,
                         [&service, &clock](const request& r, responder& out) {
                           return handle(service, clock, r, out);
                         }));
}

env::awaitable<result<held_pin>> ask_pin(env::environment env, std::string address,
                                         std::string store, ulid from, ulid to,
                                         std::uint64_t& heard) {
  http::client client(env, peer_patience(std::chrono::seconds(5)));
  std::string body = "from=" + format(from) + "&to=" + format(to);
  CO_TRY_LET(auto answer, co_await client.post("http://" + address + "/store/_pin", body));
  ++heard;
  if (answer.status() == 429) co_return fail(errc::unavailable, "it has too many queries at once");
  if (answer.status() != 200) {
    co_return fail(errc::unavailable, "it answered " + std::to_string(answer.status()));
  }
  std::string text;
  std::ptrdiff_t lines = 0;
  while (lines < pin_lines) {
    CO_TRY_LET(const auto piece, co_await answer.next());
    if (!piece) co_return fail(errc::closed, "its answer broke off");
    ++heard;
    lines += std::count(piece->begin(), piece->end(), '\n');
    text += *piece;
    if (text.size() > catalogue_bytes_max + roster_bytes_max)
      co_return fail(errc::corruption, "no pin of a store");
  }
  auto read = co_await env::offload(env.loop, [&text] { return parse_pin(text); });
  if (!read) co_return read.error();
  if (read->held.store_id != store) {
    co_return fail(errc::conflict, "another store answers there: " + read->held.store_id);
  }
  co_return held_pin(std::move(*read), std::move(answer));
}

}  // namespace oklog::api
