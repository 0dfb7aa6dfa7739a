// The answer of a whole cluster to one query: asks every ingester, then has every store pin what it
// holds (rule K17), reads one copy of each partition (K18), and merges what they give. This node's
// own halves take part as the others' do.
//
//   cluster_answer a(env, members, q, how, memory, own);
//   co_await a.ask();                       // all are pinned, planned, and have begun to answer
//   a.begin();
//   while (!a.merge().done()) {
//     co_await a.gather(wait);
//     ... offload: a.merge().take_output() ...
//     a.settle();
//   }
//   co_await a.finish();                    // always
//
// A store that breaks off, or is silent for part_quiet while it owes something, is replaced by
// others that hold the same, from the place on that it reached; so is one of whose copies a block
// cannot be read, for that copy (K20). Who has no replacement is waited for, part_gap, and then
// missing. The roll call says who answered in full, and of the others why not; so it does of
// members that are known to be dead. Nothing here fails as a whole. Of each source at most its
// share of the memory waits unread here (at least one block); the rest waits at the source. Loop
// thread only.
//
//   cluster_answer.cc           who is asked, the merge, what it all came to
//   cluster_answer_sources.cc   one source, from the question to its end
//   cluster_answer_failover.cc  one in the place of another
//   cluster_answer_near.cc      the records beside matches
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/answer_source.h"
#include "node/membership.h"
#include "node/roll_call.h"
#include "node/store_round.h"
#include "node/verdict.h"
#include "oklog/store/answer_merge.h"
#include "oklog/store/fetched_neighbours.h"
#include "oklog/store/scan.h"

namespace oklog::node {

// Questions that are under way for one query, and all that one asks; more make it partial.
inline constexpr std::size_t sources_max = 256;
inline constexpr std::size_t questions_max = 1024;

class cluster_answer {
 public:
  // `memory`: of all sources together. With `hashes` the answer is counted.
  cluster_answer(env::environment env, const membership& members, query q, bool hashes,
                 std::size_t memory, own_parts& own);
  ~cluster_answer();

  env::awaitable<void> ask();
  void begin();
  void begin(const histogram_axis& axis);

  // Brings what has come into the merge; with `wait`, after something has.
  env::awaitable<void> gather(bool wait);
  answer_merge& merge() { return *merge_; }
  // After each turn of the merge: sources may go on, and those that it gave up are replaced.
  void settle();
  // The neighbours of matches, from everybody.
  env::awaitable<void> fetch_near(std::vector<neighbour_ask> asks, fetched_neighbours& near);
  // Ends everything that is still under way.
  env::awaitable<void> finish();

  // As it is known now, records left out.
  const roll_call& called() const { return roll_; }
  coverage covered() const;
  query_stats stats() const;

 private:
  class own_sink;
  using source_ptr = std::shared_ptr<answer_source>;

  env::awaitable<void> ask_ingesters();
  env::awaitable<void> ask_stores();
  env::awaitable<void> until_begun();
  ulid first_id() const;
  void join_all();

  void start(source_ptr s);
  env::awaitable<void> run(source_ptr s);
  env::awaitable<result<>> read_own(answer_source& s);
  env::awaitable<result<>> read_remote(answer_source& s);
  env::awaitable<result<>> open(answer_source& s, std::optional<api::part_answer>& answer);
  env::awaitable<result<std::optional<api::part_frame>>> next_frame(answer_source& s,
                                                                    api::part_answer& answer);
  env::awaitable<result<>> until_room(answer_source& s);
  void note_news();

  void start_shares(const query_plan::shares& shares, const ulid& start);
  void start_share(std::size_t store, std::vector<std::size_t> copies, const ulid& start);
  env::awaitable<void> watch();
  void look_at(std::size_t number);
  void tend();
  void tend_lost(std::size_t number);
  void tend_silent(std::size_t number);
  void tend_unread(std::size_t number);
  ulid reached(std::size_t number) const;
  void drop(std::size_t number);
  std::vector<std::size_t> needed(const std::vector<std::size_t>& copies, const ulid& from) const;
  query narrowed(const ulid& start) const;

  struct near_round;
  struct near_share;
  void miss_those_that_left(const near_round& r);
  env::awaitable<void> near_of_ingesters(near_round& r);
  env::awaitable<void> near_of_ingester(near_round& r, cluster::member m);
  env::awaitable<void> near_of_stores(near_round& r);
  env::awaitable<void> near_of_store(near_round& r, near_share& share);

  env::environment env_;
  const membership& members_;
  query q_;
  bool hashes_;
  std::size_t memory_;
  own_parts& own_;
  roll_call roll_;
  silent_members silent_;
  std::set<ulid> answered_;
  store_round round_;
  std::vector<source_ptr> sources_;  // numbers as in the merge
  std::optional<answer_merge> merge_;
  env::event news_;
  env::event room_;
  bool fresh_ = false;
  env::task_group tasks_;
};

}  // namespace oklog::node
