// The pieces that other stores ask this one to hold: fetched, checked, published. And the pieces
// that this one offers, for them to fetch. Loop thread only; disk and checks on the pool.
#pragma once

#include <set>
#include <string>

#include "node/disk_watch.h"
#include "node/membership.h"
#include "node/piece_copier.h"
#include "node/roster_keeper.h"
#include "oklog/api/replica_api.h"
#include "oklog/env/env.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

inline constexpr std::size_t receiving_max = 4;  // pieces at once; more are told 429

class replicas final : public api::replica_service {
 public:
  // All outlive it. `log` is the store's.
  replicas(env::environment env, store_log& log, const membership& members, roster_keeper& roster,
           const disk_watch& disk, metrics_registry& registry);

  env::awaitable<result<bool>> take_piece(api::piece_offer offer) override;
  std::shared_ptr<const store_segment> find_piece(const std::string& name) override;
  env::awaitable<result<std::string>> read_piece(const store_segment& piece,
                                                 std::uint64_t offset) override;
  std::string store_id() const override { return log_.store_id(); }

 private:
  // Error: conflict, where this store holds one of them for gone: its copy would not count.
  result<> holders_count(const std::vector<ulid>& holders) const;
  env::awaitable<result<bool>> copy_piece(const api::piece_offer& offer);

  env::environment env_;
  store_log& log_;
  const membership& members_;
  roster_keeper& roster_;
  const disk_watch& disk_;
  piece_copier copier_;
  std::set<hash128> receiving_;
  counter segments_;
  counter bytes_;
  counter failures_;
};

}  // namespace oklog::node
