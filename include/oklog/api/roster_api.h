// The roster (cluster/roster.h), as it stands on a store's disk and as stores exchange it: both
// halves of the contract.
//
//   GET /store/_roster[?unless=HASH]   200 the roster as it is on the receiver's disk; 304
//                                      where that is the one of this hash; 400; 503 nothing is
//                                      on disk yet
//   POST /store/_roster                the sender's, as JSON: the receiver merges it into its own.
//                                      200 its own, as it is on its disk; 204 where that is what
//                                      was sent; 400 what was sent is none; 503 it cannot be
//                                      written
//
// 200, 204 and 304 bear X-Oklog-Time: the receiver's clock, unix ms. The hash is the XXH3-128 of
// the JSON.
//
//   {"stores":[{"id":"<ULID>","epoch":N,"revision":N,"starts":N,"factor":N,"proved":N,
//     "admitted":true,"draining":false,"floor":N,"api":"host:port",
//     "gone":[{"id":"<ULID>","epoch":N}],
//     "clean_knew":[...]}],    a store whose disk is full has "full":true besides
//    "ingesters":[{"id":"<ULID>","starts":N,"handed_over":false,"low_water":{"starts":N,
//     "uptime_ms":N,"ms":N},"given_up":N,"given_up_ms":N,"api":"host:port"}],
//    "retired":[{"id":"<ULID>","epoch":N,"loss_ms":N}]}
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/base/hash.h"
#include "oklog/cluster/roster.h"
#include "oklog/env/env.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"

namespace oklog::api {

inline constexpr std::uint64_t roster_bytes_max = 16ULL * 1024 * 1024;

std::string to_json(const cluster::roster& r);
// Believes nothing: error corruption where it is no roster.
result<cluster::roster> parse_roster(std::string_view json);

// A roster as it is on a disk.
struct written_roster {
  explicit written_roster(std::string text)
      : json(std::make_shared<const std::string>(std::move(text))), hash(xxh3_128(*json)) {}
  std::shared_ptr<const std::string> json;
  hash128 hash;
};

class roster_service {
 public:
  virtual ~roster_service() = default;
  // Its own. Error: unavailable, nothing is on disk yet.
  virtual result<written_roster> written() const = 0;
  // Success: its own, with `theirs` merged in, as it is on disk. Error: io, no_space, unavailable.
  virtual env::awaitable<result<written_roster>> exchange(cluster::roster theirs) = 0;
};

// Both outlive the router.
void add_roster_routes(http::router& routes, roster_service& service, const env::clock& clock);

class roster_client {
 public:
  explicit roster_client(env::environment env);

  struct answer {
    std::optional<cluster::roster> theirs;  // nothing: it is the same as ours
    hash128 hash;                           // of theirs
    std::optional<duration> clock_offset;   // their clock less ours
  };
  // Asks for theirs. Errors: corruption, not_found (a node without a store, or an older version),
  // unavailable, timeout.
  env::awaitable<result<answer>> look(std::string api, const written_roster& ours);
  // Tells them ours. Errors: the same.
  env::awaitable<result<answer>> tell(std::string api, const written_roster& ours);

 private:
  env::awaitable<result<answer>> ask(http::client_request what, hash128 ours);

  env::environment env_;
  http::client client_;
};

}  // namespace oklog::api
