#include "oklog/api/replica_api.h"

#include "api/id_list.h"
#include "api/peer_patience.h"

namespace oklog::api {
namespace {

constexpr std::uint64_t offer_answer_max = 4096;

// From the offer to its answer a piece is copied and checked.
constexpr duration copy_wait = std::chrono::minutes(2);

error status_error(unsigned status, const std::string& sentence) {
  const std::string what = "the store answered " + std::to_string(status) + ": " + sentence;
  switch (status) {
    case 404:
      return fail(errc::not_found, what);
    case 409:
      return fail(errc::conflict, what);
    case 429:
      return fail(errc::busy, what);
    case 507:
      return fail(errc::no_space, what);
    default:
      return fail(errc::unavailable, what);
  }
}

}  // namespace

replica_client::replica_client(env::environment env)
    : client_(env, peer_patience(copy_wait, std::chrono::seconds(10))) {}

env::awaitable<result<>> replica_client::offer(std::string api, std::string store,
                                               piece_offer what) {
  std::string url = "http://" + api + "/store/replicate?piece=" + http::percent_encode(what.name) +
                    "&window=" + std::to_string(what.partition.window) +
                    "&shard=" + std::to_string(what.partition.shard) +
                    "&hash=" + to_hex(what.hash) + "&from=" + what.from +
                    "&holders=" + format_ids(what.holders);
  CO_TRY_LET(auto answer, co_await client_.post(std::move(url), ""));
  const std::string who(answer.header("X-Oklog-Store").value_or(""));
  CO_TRY_LET(std::string body, co_await answer.read_all(offer_answer_max));
  while (!body.empty() && body.back() == '\n') body.pop_back();
  if (answer.status() != 200) co_return status_error(answer.status(), body);
  if (who != store) co_return fail(errc::conflict, "another store answers there: " + who);
  co_return result<>{};
}

env::awaitable<result<>> replica_client::fetch(std::string api, std::string name, byte_sink& to) {
  std::string url = "http://" + api + "/store/_piece?name=" + http::percent_encode(name);
  CO_TRY_LET(auto answer, co_await client_.get(std::move(url)));
  if (answer.status() != 200) co_return status_error(answer.status(), "");
  while (true) {
    auto some = co_await answer.next();
    if (!some) co_return some.error();
    if (!*some) co_return result<>{};
    CO_TRY(co_await to.put(std::move(**some)));
  }
}

}  // namespace oklog::api
