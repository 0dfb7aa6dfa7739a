// What stores and ingesters say to each other: the routes of an ingester under /ingest, as Go's OK
// Log names them, and (ingest_client.h) the client that a store uses.
//
//   GET  next[?shard=N&wait=1s]             200 the id of a claimed segment, with X-Oklog-Shard and
//                                           -Raw-Bytes; 404 when there is none
//   GET  waiting[?wait=1s]                  200 as soon as next would give one, and claims nothing;
//                                           of several that wait one is told at once, the others a
//                                           little later, if it is still there; 404 where there is
//                                           none within the wait. Both with
//                                           X-Oklog-Low-Water: STARTS.UPTIME_MS.UNIX_MS; nothing
//                                           older is unconsumed there (cluster/roster.h)
//   GET  read?id=ID                         200 its bytes, with X-Oklog-Hash, -Shard, -Bytes; 404
//   POST commit?id=ID&hash=HEX&stores=ID,ID[&damaged=1]
//                                           200 "Commit OK"; 404; 428 not read; 409 another hash,
//                                           a lease that was lost, or fewer stores have it on disk
//                                           than copies are wanted (rule K8)
//   POST failed?id=ID                       200 "Failed OK"; 404
//   GET  _segmentstate                      200 text for people
#pragma once

#include <optional>
#include <string>

#include "oklog/cluster/roster.h"
#include "oklog/env/scheduler.h"
#include "oklog/http/router.h"
#include "oklog/ingest/ingest_log.h"

namespace oklog::api {

inline constexpr duration next_wait_max = std::chrono::seconds(10);

// What the routes need of a node. Called on the loop.
class ingest_service {
 public:
  virtual ~ingest_service() = default;
  // Waits up to `wait` for a flushed segment (of that shard) and claims it. Error: not_found.
  virtual env::awaitable<result<ingest::claim>> next(std::optional<std::uint32_t> shard,
                                                     duration wait) = 0;
  // True as soon as a segment can be claimed and it is the caller's turn; false after `wait`.
  virtual env::awaitable<bool> waiting(duration wait) = 0;
  // Nothing that is not consumed is older (rule K19).
  virtual cluster::low_water low_water() const = 0;
  struct content {
    ingest::decision what = ingest::decision::not_found;
    std::optional<ingest::segment_content> of;  // where `what` is done
  };
  virtual env::awaitable<result<content>> read(std::string id) = 0;
  virtual env::awaitable<result<std::string>> read_piece(const ingest::segment_content& content,
                                                         std::uint64_t offset) = 0;
  // Renews the lease while bytes go out; `done` when they all have, or never will.
  virtual void keep_reading(const std::string& id, bool done) = 0;
  // `stores` have all of it on disk. `damaged`: the consumer could not read all of it; the file
  // goes to quarantine (rule K10). Error: conflict, where they are too few.
  virtual env::awaitable<result<ingest::decision>> commit(std::string id, hash128 hash,
                                                          std::vector<ulid> stores,
                                                          bool damaged) = 0;
  virtual env::awaitable<result<ingest::decision>> failed(std::string id) = 0;
  virtual std::string segment_state() = 0;
};

// `service` outlives the router.
void add_ingest_routes(http::router& routes, ingest_service& service);

}  // namespace oklog::api
