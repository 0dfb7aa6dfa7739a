// The roster (cluster/roster.h), as it stands on a store's disk and as stores exchange it: both
// halves of the contract.
//
//   POST /store/_roster   the sender's roster, as JSON. 200 the receiver's, with that merged in, as
//                         it is on its disk, and X-Oklog-Time: its clock, unix ms; 400 what was
//                         sent is none; 503 it cannot be written
//
//   {"stores":[{"id":"<ULID>","epoch":N,"revision":N,"starts":N,"factor":N,"proved":N,
//     "admitted":true,"draining":false,"floor":N,"api":"host:port",
//     "gone":[{"id":"<ULID>","epoch":N}],
//     "clean_knew":[...]}],
//    "ingesters":[{"id":"<ULID>","starts":N,"handed_over":false,"low_water":{"starts":N,
//     "uptime_ms":N,"ms":N},"given_up":N,"given_up_ms":N,"api":"host:port"}],
//    "retired":[{"id":"<ULID>","epoch":N,"loss_ms":N}]}
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oklog/cluster/roster.h"
#include "oklog/env/env.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"

namespace oklog::api {

inline constexpr std::uint64_t roster_bytes_max = 16ULL * 1024 * 1024;

std::string to_json(const cluster::roster& r);
// Believes nothing: error corruption where it is no roster.
result<cluster::roster> parse_roster(std::string_view json);

class roster_service {
 public:
  virtual ~roster_service() = default;
  // Success: its own, with `theirs` merged in, as it is on disk. Error: io, no_space.
  virtual env::awaitable<result<cluster::roster>> exchange(cluster::roster theirs) = 0;
};

// Both outlive the router.
void add_roster_routes(http::router& routes, roster_service& service, const env::clock& clock);

class roster_client {
 public:
  explicit roster_client(env::environment env);

  // Errors: corruption, not_found (a node without a store, or an older version), unavailable,
  // timeout.
  struct exchanged {
    cluster::roster theirs;
    std::optional<duration> clock_offset;  // their clock less ours
  };
  env::awaitable<result<exchanged>> exchange(std::string api, const cluster::roster& ours);

 private:
  env::environment env_;
  http::client client_;
};

}  // namespace oklog::api
