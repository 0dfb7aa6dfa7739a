// Which stores are to hold what is consumed: those that are alive and take pieces, and how many
// copies are wanted (rules K7, K8). Loop thread only.
//
// The factor is the largest that any living store is set to. With fewer stores than that nothing is
// consumed, and the ingesters' disks are the queue. One exception: a store that has never known
// another one makes the one copy that it can. Which others it has known is kept in its directory.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/membership.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/store/placement.h"

namespace oklog::node {

inline constexpr const char* known_stores_name = "stores.json";
inline constexpr duration refusal_pause = std::chrono::seconds(30);

class holders {
 public:
  // `dir`: the store's directory. `own`: its id.
  holders(env::environment env, const membership& members, std::string dir, std::string own,
          metrics_registry& registry);

  // Reads which stores were known before.
  env::awaitable<result<>> open();
  // Writes down which stores are known now, where that is news.
  env::awaitable<void> keep();

  // Nothing where there are too few.
  std::optional<store_placement> placement();
  unsigned factor() const;
  // The stores among which partitions have their homes (K7): all that are known but those that have
  // been away for longer than `absence`, so that a short one moves nothing.
  std::vector<std::string> homes(duration absence) const;
  // It did not take a piece: passed over for a while.
  void refused(const std::string& store);

 private:
  bool lone() const;
  std::string text() const;

  env::environment env_;
  const membership& members_;
  std::string dir_;
  std::string own_;
  boot_time since_;              // this process knows
  std::set<std::string> known_;  // other stores, ever
  std::set<std::string> kept_;   // of these, what is on disk
  std::map<std::string, boot_time> passed_over_;
  std::uint64_t kept_version_ = 0;  // of the membership
  bool short_of_stores_ = false;
  gauge wanted_;
  gauge short_;
};

}  // namespace oklog::node
