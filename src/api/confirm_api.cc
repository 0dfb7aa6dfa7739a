#include "oklog/api/confirm_api.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/hex.h"
#include "api/peer_patience.h"

namespace oklog::api {
namespace {

using http::request;
using http::responder;
using json = nlohmann::json;

constexpr std::size_t hex_digits = 32;
constexpr std::uint64_t answer_bytes_max = 4096;

std::optional<std::uint64_t> number_param(const request& r, std::string_view name) {
  const auto text = r.param(name);
  if (!text) return std::nullopt;
  std::uint64_t n = 0;
  const auto [at, bad] = std::from_chars(text->data(), text->data() + text->size(), n);
  const bool whole = bad == std::errc() && at == text->data() + text->size();
  return whole ? std::optional<std::uint64_t>(n) : std::nullopt;
}

std::string_view word(holding h) {
  switch (h) {
    case holding::yes:
      return "yes";
    case holding::no:
      return "no";
    case holding::unknown:
      return "unknown";
  }
  return "no";
}

env::awaitable<void> answer(confirm_service& service, const request& r, responder& out) {
  const auto window = number_param(r, "window");
  const auto shard = number_param(r, "shard");
  if (!window || !shard || *shard > ~std::uint32_t{0}) {
    (void)co_await out.send_error(400, "parsing 'window' and 'shard': numbers were expected");
    co_return;
  }
  const partition where{*window, static_cast<std::uint32_t>(*shard)};
  holding held = holding::no;
  if (r.body.empty()) {
    const auto count = number_param(r, "count");
    const auto sum = parse_hash128(r.param("sum").value_or(""));
    if (!count || !sum) {
      (void)co_await out.send_error(400, "parsing 'count' and 'sum': a digest was expected");
      co_return;
    }
    const set_digest digest{*count, *sum};
    held = service.has_digest(where, digest);
  } else {
    auto records = parse_records(r.body);
    if (!records) {
      (void)co_await out.send_error(400, "parsing the body: records were expected");
      co_return;
    }
    held = co_await service.has_records(where, std::move(*records));
  }
  nlohmann::ordered_json j;
  j["store"] = service.store_id();
  j["holds"] = word(held);
  const std::string body = j.dump() + "\n";
  out.set("Content-Type", "application/json");
  (void)co_await out.send(200, body);
}

std::string text_of(const json& j, const char* key) {
  const auto at = j.find(key);
  return at != j.end() && at->is_string() ? at->get<std::string>() : "";
}

}  // namespace

std::string to_json(const some_records& records) {
  nlohmann::ordered_json j;
  j["topic"] = records.topic;
  j["min"] = format(records.min);
  j["max"] = format(records.max);
  std::string hashes;
  hashes.reserve(records.hashes.size() * hex_digits);
  for (const hash128& h : records.hashes) hashes += to_hex(h);
  j["hashes"] = std::move(hashes);
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

result<some_records> parse_records(std::string_view text) {
  const error wrong = fail(errc::invalid, "no records to be confirmed");
  if (text.size() > confirm_body_max) return wrong;
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object()) return wrong;
  some_records r;
  r.topic = text_of(j, "topic");
  const auto min = parse_ulid(text_of(j, "min"));
  const auto max = parse_ulid(text_of(j, "max"));
  const std::string hashes = text_of(j, "hashes");
  if (!min || !max || hashes.empty() || hashes.size() % hex_digits != 0) return wrong;
  if (hashes.size() / hex_digits > confirm_hashes_max) return wrong;
  r.min = *min;
  r.max = *max;
  for (std::size_t at = 0; at < hashes.size(); at += hex_digits) {
    const auto hash = parse_hash128(std::string_view(hashes).substr(at, hex_digits));
    if (!hash) return wrong;
    r.hashes.push_back(*hash);
  }
  return r;
}

void add_confirm_route(http::router& routes, confirm_service& service) {
  routes
      .add(http::route(
          http::method::post, "/store/_confirm", http::scope::internal,
          [&service](const request& r, responder& out) { return answer(service, r, out); }))
      .body_bytes_max = confirm_body_max;
}

confirm_client::confirm_client(env::environment env)
    : client_(env, peer_patience(std::chrono::seconds(30))) {}

env::awaitable<result<holding>> confirm_client::ask_digest(std::string api, std::string store,
                                                           partition where, set_digest digest) {
  std::string url = "http://" + api + "/store/_confirm?window=" + std::to_string(where.window) +
                    "&shard=" + std::to_string(where.shard) +
                    "&count=" + std::to_string(digest.count) + "&sum=" + to_hex(digest.sum);
  co_return co_await ask(std::move(url), std::move(store), "");
}

env::awaitable<result<holding>> confirm_client::ask_records(std::string api, std::string store,
                                                            partition where, some_records records) {
  std::string url = "http://" + api + "/store/_confirm?window=" + std::to_string(where.window) +
                    "&shard=" + std::to_string(where.shard);
  std::string body = to_json(records);
  co_return co_await ask(std::move(url), std::move(store), std::move(body));
}

env::awaitable<result<holding>> confirm_client::ask(std::string url, std::string store,
                                                    std::string body) {
  CO_TRY_LET(auto answer, co_await client_.post(std::move(url), std::move(body)));
  CO_TRY_LET(const std::string said, co_await answer.read_all(answer_bytes_max));
  if (answer.status() != 200) {
    co_return fail(errc::unavailable, "it answered " + std::to_string(answer.status()));
  }
  const json j = json::parse(said, nullptr, false);
  if (!j.is_object()) co_return fail(errc::corruption, "it answered something else");
  if (text_of(j, "store") != store) {
    co_return fail(errc::conflict, "another store answers there: " + text_of(j, "store"));
  }
  const std::string held = text_of(j, "holds");
  if (held == "yes") co_return holding::yes;
  co_return held == "unknown" ? holding::unknown : holding::no;
}

}  // namespace oklog::api
