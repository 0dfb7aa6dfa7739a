// A store that is to let go of its copy of a partition asks others whether they hold every record
// of it (rule K13): both halves of the contract.
//
//   POST /store/_confirm?window=N&shard=N&count=N&sum=HEX    whether its partition has that digest
//   POST /store/_confirm?window=N&shard=N                    the body: whether it holds these
//        records, a JSON object: {"topic":"...","min":ULID,"max":ULID,"hashes":"<hex>"}; the hashes
//        (rule K2, 32 digits each, at most confirm_hashes_max) of records of that topic with ids
//        from min to max
//        200 {"store":ULID,"holds":"yes"}: every one, in live segments, read for it or with exact
//        digests, on disk; and it is neither draining nor letting go of them itself. "no". Or
//        "unknown": the digests differ or are not exact, so the records themselves must be asked
//        about. 400
#pragma once

#include <string>
#include <string_view>

#include "oklog/env/env.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"
#include "oklog/store/containment.h"

namespace oklog::api {

inline constexpr std::size_t confirm_hashes_max = 64 * 1024;
inline constexpr std::uint64_t confirm_body_max = 4 * 1024 * 1024;

enum class holding { yes, no, unknown };

std::string to_json(const some_records& records);
// Believes nothing. Error: invalid.
result<some_records> parse_records(std::string_view json);

class confirm_service {
 public:
  virtual ~confirm_service() = default;
  virtual std::string store_id() const = 0;
  virtual holding has_digest(const partition& where, const set_digest& digest) const = 0;
  virtual env::awaitable<holding> has_records(partition where, some_records records) = 0;
};
// `service` outlives the router.
void add_confirm_route(http::router& routes, confirm_service& service);

class confirm_client {
 public:
  explicit confirm_client(env::environment env);
  // Asks the store at `api` ("host:port"), whose id is `store`. Errors: conflict (another store
  // answers there), corruption, unavailable, timeout.
  env::awaitable<result<holding>> ask_digest(std::string api, std::string store, partition where,
                                             set_digest digest);
  env::awaitable<result<holding>> ask_records(std::string api, std::string store, partition where,
                                              some_records records);

 private:
  env::awaitable<result<holding>> ask(std::string url, std::string store, std::string body);
  http::client client_;
};

}  // namespace oklog::api
