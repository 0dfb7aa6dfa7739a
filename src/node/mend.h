// Replaces damaged segments: one whose blocks are all good is written anew; for others what other
// stores hold of their time is copied here. Once sound segments hold every record of a damaged one,
// that goes to quarantine/, counted and named in compared.json. Until then it stays, and what can
// be read of it is. Loop thread only; disk and checks on the pool.
#pragma once

#include <map>
#include <set>
#include <string>

#include "node/disk_watch.h"
#include "node/membership.h"
#include "node/pace.h"
#include "node/piece_copier.h"
#include "oklog/api/catalogue_api.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/node/config.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class mender {
 public:
  // All outlive it. `log` is the store's.
  mender(env::environment env, const store_options& options, store_log& log,
         const membership& members, const disk_watch& disk, metrics_registry& registry);

  env::awaitable<void> run();

 private:
  // One damaged segment.
  struct attempt {
    boot_time next{};  // tried again
    duration pause{};
    bool refused = false;       // by the disk, when it was to be read again
    bool tried_anew = false;    // to write it out of itself
    std::set<hash128> fetched;  // pieces
  };
  env::awaitable<void> mend(segment_ptr bad, attempt& a);
  // Whether all of it can be read after all. Error: io, where the disk does not give it; cancelled.
  env::awaitable<result<bool>> sound(segment_ptr bad);
  env::awaitable<bool> replaceable(segment_ptr bad);
  // Whether its own blocks have given a sound copy of it.
  env::awaitable<bool> write_anew(segment_ptr bad, attempt& a);
  env::awaitable<void> set_aside(segment_ptr bad);
  env::awaitable<std::size_t> fetch_beside(segment_ptr bad, attempt& a);
  env::awaitable<std::size_t> fetch_from(const std::string& store, const std::string& api,
                                         segment_ptr bad, attempt& a);

  env::environment env_;
  store_options options_;
  store_log& log_;
  const membership& members_;
  const disk_watch& disk_;
  piece_copier copier_;
  api::catalogue_client client_;
  pace pace_;
  std::map<std::string, attempt> attempts_;  // by the segment's name
  counter replaced_;
};

}  // namespace oklog::node
