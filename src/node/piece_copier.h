// Copies a piece from another store to this one's disk: fetched, checked in full, published. What
// replication and repair have in common. Loop thread only; disk and checks on the pool.
#pragma once

#include <string>

#include "node/pace.h"
#include "oklog/api/replica_api.h"
#include "oklog/env/env.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

// For one piece: at least so long, and twice what it takes at that pace.
inline duration copy_patience(const pace& tempo, std::uint64_t bytes) {
  return std::chrono::minutes(10) + 2 * tempo.time_for(bytes);
}

class piece_copier {
 public:
  // `log` outlives it.
  piece_copier(env::environment env, store_log& log) : env_(env), log_(log), client_(env) {}

  // The piece `name` of the store at `api` ("host:port"), which is to have that partition and hash.
  // Success: it is in our table, on this disk, and so large. Errors: not_found (it has no such
  // piece), corruption (what came is not that piece, or not sound), no_space, io, unavailable, ...
  // `tempo` may be nullptr; else it outlives the copy.
  env::awaitable<result<std::uint64_t>> copy(partition where, hash128 hash, std::string name,
                                             std::string api, pace* tempo = nullptr);

 private:
  env::environment env_;
  store_log& log_;
  api::replica_client client_;
};

}  // namespace oklog::node
