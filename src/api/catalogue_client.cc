#include "oklog/api/catalogue_api.h"

#include "api/peer_patience.h"

namespace oklog::api {

catalogue_client::catalogue_client(env::environment env)
    : env_(env), client_(env, peer_patience(std::chrono::seconds(10))) {}

env::awaitable<result<store_catalogue>> catalogue_client::ask(std::string api, std::string store,
                                                              const store_catalogue* known) {
  std::string url = "http://" + api + "/store/_catalogue";
  if (known != nullptr) {
    const hash128 hash =
        co_await env::offload(env_.loop, [&known] { return known->fingerprint(); });
    url += "?unless=" + to_hex(hash);
  }
  co_return co_await ask_at(std::move(url), std::move(store), known);
}

env::awaitable<result<store_catalogue>> catalogue_client::ask(std::string api, std::string store,
                                                              std::uint64_t from,
                                                              std::uint64_t to) {
  std::string url = "http://" + api + "/store/_catalogue?from=" + std::to_string(from) +
                    "&to=" + std::to_string(to);
  co_return co_await ask_at(std::move(url), std::move(store), nullptr);
}

env::awaitable<result<store_catalogue>> catalogue_client::ask_at(std::string url, std::string store,
                                                                 const store_catalogue* known) {
  CO_TRY_LET(auto answer, co_await client_.get(std::move(url)));
  if (answer.status() == 304 && known != nullptr) co_return *known;
  if (answer.status() != 200) {
    const errc code = answer.status() == 404 ? errc::not_found : errc::unavailable;
    co_return fail(code, "the store answered " + std::to_string(answer.status()));
  }
  CO_TRY_LET(const std::string body, co_await answer.read_all(catalogue_bytes_max));
  auto read = co_await env::offload(env_.loop, [&body] { return parse_catalogue(body); });
  if (!read) co_return read.error();
  if (read->store_id != store) {
    co_return fail(errc::conflict, "another store answers there: " + read->store_id);
  }
  co_return std::move(*read);
}

}  // namespace oklog::api
