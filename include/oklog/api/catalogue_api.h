// What a store holds, as stores tell each other: both halves of the contract.
//
//   GET /store/_catalogue[?from=N][&to=N][&unless=HASH]
//        Windows (hours since 1970) from `from` to `to`, both included; all where they are left
//        out. 200 JSON; 304 it is the one of that fingerprint; 400; 413 it holds more than
//        catalogue_segments_max there: ask for fewer windows
//
//   {"store":"<ULID>","floor":N,"partitions":[{"window":N,"shard":N,"count":N,"sum":"<hex>",
//    "bytes":N,"settled":true,"segments":[{"name":"...","hash":"<hex>","records":N,"bytes":N,
//    "min":"<ULID>","max":"<ULID>"}]}]}
//
// A segment of which some cannot be read there, and its partition, has "damaged":true besides; a
// partition that the store is letting go of "releasing":true.
// Partitions ascend. Rendering and reading are work for the pool.
#pragma once

#include <string>
#include <string_view>

#include "oklog/env/env.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"
#include "oklog/store/store_log.h"

namespace oklog::api {

inline constexpr std::size_t catalogue_segments_max = 250'000;
inline constexpr std::uint64_t catalogue_bytes_max = 64ULL * 1024 * 1024;

// What a catalogue says of each partition. Queries are planned without its segments.
enum class catalogue_detail { segments, partitions };

std::string to_json(const store_catalogue& c, catalogue_detail d = catalogue_detail::segments);
// Believes nothing: error corruption where it is no catalogue, or contradicts itself.
result<store_catalogue> parse_catalogue(std::string_view json,
                                        catalogue_detail d = catalogue_detail::segments);

// Both outlive the router.
void add_catalogue_routes(http::router& routes, const store_log& log, env::scheduler& loop);

class catalogue_client {
 public:
  explicit catalogue_client(env::environment env);

  // Asks the store at `api` ("host:port"), whose id is `store`. Errors: conflict (another store
  // answers there: an address is no identity), corruption, not_found (it is of an older version),
  // unavailable, timeout. `known`, which outlives the call: what it said before, or nullptr; where
  // it still says so, that is copied instead of being sent again.
  env::awaitable<result<store_catalogue>> ask(std::string api, std::string store,
                                              const store_catalogue* known);
  // Of the windows from `from` to `to`, both included.
  env::awaitable<result<store_catalogue>> ask(std::string api, std::string store,
                                              std::uint64_t from, std::uint64_t to);

 private:
  env::awaitable<result<store_catalogue>> ask_at(std::string url, std::string store,
                                                 const store_catalogue* known);

  env::environment env_;
  http::client client_;
};

}  // namespace oklog::api
