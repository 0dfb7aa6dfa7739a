// The store's side of /ingest (ingest_api.h): what a consumer asks of one ingester over HTTP.
//
// Errors: not_found (nothing to claim, or no such segment), conflict (409, 428), corruption (what
// arrived is not what was announced), unavailable, timeout, closed, cancelled.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oklog/base/hash.h"
#include "oklog/base/ulid.h"
#include "oklog/cluster/roster.h"
#include "oklog/http/client.h"

namespace oklog::api {

class ingest_client {
 public:
  explicit ingest_client(env::environment env);

  struct wait_answer {
    bool some = false;             // a segment can be claimed
    cluster::low_water low_water;  // all 0 where it did not say
  };
  // Waits up to `wait` for a segment. Nothing is claimed.
  env::awaitable<result<wait_answer>> waiting(std::string ingester, duration wait);

  // The id of a segment that is now leased to us. `ingester` is "host:port". Waits up to `wait`.
  env::awaitable<result<std::string>> next(std::string ingester, duration wait);
  struct segment_bytes {
    std::string bytes;
    hash128 hash;  // as announced, and found again over what arrived
  };
  env::awaitable<result<segment_bytes>> read(std::string ingester, std::string id);
  // `stores` have all of it on disk.
  env::awaitable<result<>> commit(std::string ingester, std::string id, hash128 hash,
                                  std::vector<ulid> stores, bool damaged);
  env::awaitable<result<>> failed(std::string ingester, std::string id);

 private:
  env::awaitable<result<std::string>> call(http::method how, std::string url,
                                           std::uint64_t bytes_max);

  http::client client_;
};

}  // namespace oklog::api
