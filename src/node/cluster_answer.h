// The answer of a whole cluster to one query: asks every ingester, then every store (rule K17), and
// merges what they give. The node's own records come in through local(), as one source more.
//
//   cluster_answer a(env, members, q, how);
//   ... pin the own ingester's records ...
//   co_await a.ask(api::half::ingest);
//   ... pin the own store's ...
//   co_await a.ask(api::half::store);
//   a.begin(n, local task);                 // a coroutine that gives to a.local()
//   while (!a.merge().done()) {
//     co_await a.gather(wait);
//     ... offload: a.merge().take_output() ...
//     a.settle();
//   }
//   co_await a.finish();                    // always
//
// A member that cannot be asked, breaks off or falls silent makes the answer partial, with a
// sentence that names it; so does one that is known to be dead, since what it holds is missing.
// Nothing here fails as a whole. Of each source at most its share of the memory waits unread here
// (at least one block); the rest waits at the source. Loop thread only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "node/membership.h"
#include "node/part_source.h"
#include "oklog/api/part_api.h"
#include "oklog/env/task_group.h"
#include "oklog/store/answer_merge.h"
#include "oklog/store/fetched_neighbours.h"

namespace oklog::node {

// Halves of members that one query asks; more make it partial.
inline constexpr std::size_t sources_max = 256;
inline constexpr duration part_open_wait = std::chrono::seconds(7);

class cluster_answer {
 public:
  // `memory`: of all sources together. With `hashes` the answer is counted.
  cluster_answer(env::environment env, const membership& members, query q, bool hashes,
                 std::size_t memory);
  ~cluster_answer();

  // Asks that half of all members in service but this one, and waits until each has pinned what it
  // holds, or has failed.
  env::awaitable<void> ask(api::half h);

  // After both halves were asked. Then the local task may be spawned.
  void begin();
  void begin(const histogram_axis& axis);
  batch_sink& local();
  // What local() was given is all there is.
  void end_local();
  env::task_group& tasks() { return tasks_; }

  // Brings what has come into the merge; with `wait`, after something has.
  env::awaitable<void> gather(bool wait);
  answer_merge& merge() { return *merge_; }
  // After each turn of the merge: sources may go on, and those that it gave up are noted.
  void settle();
  // The neighbours of matches from that half of all that have not failed yet, into `near`.
  env::awaitable<void> ask_near(api::half h, const std::vector<neighbour_ask>& asks,
                                fetched_neighbours& near);
  void note_missing(std::string sentence) { missing_.add_missing(std::move(sentence)); }
  // Ends everything that is still under way.
  env::awaitable<void> finish();

  // Of the others: as it is known now, records left out.
  coverage covered() const;
  query_stats stats() const;

 private:
  struct source;
  class local_sink;
  source& add_source(std::string who);
  env::awaitable<void> run(source& s, cluster::member m, api::half h);
  env::awaitable<result<>> open(source& s, std::string address, api::half h);
  env::awaitable<result<>> read(source& s);
  env::awaitable<result<>> until_room(source& s);
  void give_up(source& s, const error& why);
  env::awaitable<void> learn_from(cluster::member m, api::half h,
                                  const std::vector<neighbour_ask>& asks, fetched_neighbours& near);

  env::environment env_;
  const membership& members_;
  query q_;
  bool hashes_;
  std::size_t memory_;
  std::vector<std::unique_ptr<source>> sources_;
  std::set<ulid> answered_;  // members that pinned something for us
  std::set<ulid> failed_;    // not asked for their other half
  coverage missing_;
  std::optional<answer_merge> merge_;
  std::unique_ptr<local_sink> local_;
  env::event news_;
  env::event room_;
  bool fresh_ = false;
  env::task_group tasks_;
};

}  // namespace oklog::node
