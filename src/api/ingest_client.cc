#include "oklog/api/ingest_client.h"

#include <charconv>

#include "api/hex.h"
#include "api/id_list.h"
#include "api/peer_patience.h"
#include "oklog/api/ingest_api.h"

namespace oklog::api {
namespace {

constexpr std::uint64_t small_answer_max = 64 * 1024;
// A segment is flushed at 32 MiB of text; what compresses badly is a little larger than its text.
constexpr std::uint64_t segment_bytes_max = 64ULL * 1024 * 1024;

std::string url_of(const std::string& ingester, const char* path, std::string query = "") {
  return "http://" + ingester + "/ingest/" + path + (query.empty() ? "" : "?" + query);
}

error status_error(unsigned status) {
  const std::string what = "the ingester answered " + std::to_string(status);
  switch (status) {
    case 404:
      return fail(errc::not_found, what);
    case 409:
    case 428:
      return fail(errc::conflict, what);
    default:
      return fail(errc::unavailable, what);
  }
}

// Only a hint: 0 where there is none.
std::uint64_t announced_bytes(const http::client_response& answer) {
  const std::string_view text = answer.header("X-Oklog-Bytes").value_or("");
  std::uint64_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

// All 0 where it is none: then the ingester is taken to hold anything.
cluster::low_water parse_low_water(std::string_view text) {
  std::uint64_t part[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t& p : part) {
    const auto [next, bad] = std::from_chars(at, end, p);
    if (bad != std::errc() || (&p != &part[2] && (next == end || *next != '.'))) return {};
    at = next == end ? end : next + 1;
  }
  if (part[2] > ulid::ms_max) return {};
  return {part[0], part[1], part[2]};
}

}  // namespace

ingest_client::ingest_client(env::environment env)
    : client_(env, peer_patience(next_wait_max + std::chrono::seconds(5))) {}

env::awaitable<result<std::string>> ingest_client::call(http::method how, std::string url,
                                                        std::uint64_t bytes_max) {
  http::client_request request;
  request.method = how;
  request.url = std::move(url);
  CO_TRY_LET(auto answer, co_await client_.send(std::move(request)));
  CO_TRY_LET(std::string body, co_await answer.read_all(bytes_max));
  if (answer.status() != 200) co_return status_error(answer.status());
  co_return std::move(body);
}

env::awaitable<result<ingest_client::wait_answer>> ingest_client::waiting(std::string ingester,
                                                                          duration wait) {
  std::string url = url_of(ingester, "waiting", "wait=" + format_duration(wait));
  CO_TRY_LET(auto answer, co_await client_.get(std::move(url)));
  CO_TRY(co_await answer.read_all(small_answer_max));
  const bool some = answer.status() == 200;
  if (!some && answer.status() != 404) co_return status_error(answer.status());
  co_return wait_answer{some, parse_low_water(answer.header("X-Oklog-Low-Water").value_or(""))};
}

env::awaitable<result<std::string>> ingest_client::next(std::string ingester, duration wait) {
  std::string url = url_of(ingester, "next", "wait=" + format_duration(wait));
  co_return co_await call(http::method::get, std::move(url), small_answer_max);
}

env::awaitable<result<ingest_client::segment_bytes>> ingest_client::read(std::string ingester,
                                                                         std::string id) {
  std::string url = url_of(ingester, "read", "id=" + http::percent_encode(id));
  CO_TRY_LET(auto answer, co_await client_.get(std::move(url)));
  if (answer.status() != 200) co_return status_error(answer.status());
  const auto announced = parse_hash128(answer.header("X-Oklog-Hash").value_or(""));
  if (!announced) co_return fail(errc::corruption, "the ingester announced no hash");
  segment_bytes got;
  got.hash = *announced;
  const std::uint64_t expected = announced_bytes(answer);
  CO_TRY_LET(got.bytes, co_await answer.read_all(segment_bytes_max, expected));
  if (xxh3_128(got.bytes) != got.hash) {
    co_return fail(errc::corruption, "what arrived is not what the ingester announced");
  }
  co_return std::move(got);
}

env::awaitable<result<>> ingest_client::commit(std::string ingester, std::string id, hash128 hash,
                                               std::vector<ulid> stores, bool damaged) {
  std::string url = url_of(ingester, "commit",
                           "id=" + http::percent_encode(id) + "&hash=" + to_hex(hash) +
                               "&stores=" + format_ids(stores) + (damaged ? "&damaged=1" : ""));
  CO_TRY(co_await call(http::method::post, std::move(url), small_answer_max));
  co_return result<>{};
}

env::awaitable<result<>> ingest_client::failed(std::string ingester, std::string id) {
  std::string url = url_of(ingester, "failed", "id=" + http::percent_encode(id));
  CO_TRY(co_await call(http::method::post, std::move(url), small_answer_max));
  co_return result<>{};
}

}  // namespace oklog::api
