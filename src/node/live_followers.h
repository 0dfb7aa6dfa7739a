// What the other ingesters of the cluster take in, for one stream: one connection to each that is
// in service (POST /ingest/_stream), whose batches are pushed to the stream's watcher. Members that
// join are followed from then on, with what they took in since the stream began; those that leave
// or die are dropped, and so says the log; when they come back, what they gave before is still
// known (of the last gone_ingesters_max of them). A connection that breaks is made again, after a
// pause that doubles up to follow_rest_max; what came meanwhile is asked for, and what came twice
// is dropped. Loop thread only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "node/live.h"
#include "node/membership.h"
#include "oklog/api/part_api.h"
#include "oklog/env/task_group.h"

namespace oklog::node {

inline constexpr duration follow_rest_max = std::chrono::seconds(5);
// Of one ingester's records that are remembered, to know them again after a broken connection.
inline constexpr std::size_t recent_ids_max = 64 * 1024;
inline constexpr std::size_t gone_ingesters_max = 64;

class live_followers {
 public:
  // The stream begins now. `into` outlives it.
  live_followers(env::environment env, const membership& members, query q, live_watcher& into);
  ~live_followers();

  // Until its task is stopped; then no connection is left.
  env::awaitable<void> run(env::event& changed);
  // Until every ingester that was there when it began is followed, or does not answer.
  env::awaitable<void> until_followed();

 private:
  // What an ingester has given.
  struct given {
    ulid since;  // all before it
    std::set<ulid> recent;
    std::deque<ulid> oldest;  // of `recent`, in order of arrival
  };
  struct follower {
    explicit follower(env::scheduler& loop) : tasks(loop) {}
    bool tried = false;    // followed, or it did not answer
    bool history = false;  // ask for what came since `known.since`
    given known;
    env::task_group tasks;
  };
  env::awaitable<void> update();
  env::awaitable<void> follow(std::string address, follower& f);
  env::awaitable<result<>> read(std::string address, follower& f);
  void remember(const std::string& address, given known);
  static batch without_known(given& known, const batch& records);

  env::environment env_;
  const membership& members_;
  query q_;
  live_watcher& into_;
  ulid begun_;
  bool first_ = true;
  env::event tried_;
  std::map<std::string, std::unique_ptr<follower>> followers_;
  std::map<std::string, given> gone_;
  std::deque<std::string> gone_order_;
};

}  // namespace oklog::node
