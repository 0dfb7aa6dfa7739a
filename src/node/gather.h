// Answers queries and streams, of this node alone or of the whole cluster: pins the ingesters'
// unconsumed records first, then the stores' (rule K17), and scans them together. Loop thread only;
// filters, scan, merge and formatting run on the pool.
//
//   gather.cc          what this node holds
//   gather_cluster.cc  what all hold: this node's scan merged with the other nodes' answers
//   gather_part.cc     one half of this node, for an answer of the cluster
//   gather_context.cc  matches with the records around them
//   gather_stream.cc   what comes in from now on
#pragma once

#include "node/cluster_answer.h"
#include "node/ingester.h"
#include "node/live.h"
#include "node/live_followers.h"
#include "node/membership.h"
#include "node/own_part.h"
#include "node/pins.h"
#include "node/query_gate.h"
#include "node/storer.h"
#include "oklog/api/part_api.h"
#include "oklog/api/pin_api.h"
#include "oklog/api/store_api.h"
#include "oklog/store/fetched_neighbours.h"
#include "oklog/store/scan.h"
#include "oklog/store/select.h"

namespace oklog::node {

inline constexpr std::string_view too_many_queries = "too many queries at once; try again";

class gatherer final : public api::query_service,
                       public api::part_service,
                       public api::pin_service,
                       public own_parts {
 public:
  // Either half may be absent.
  gatherer(env::environment env, ingester* in, storer* st, live_feed& live, membership& members,
           metrics_registry& registry);

  env::awaitable<void> answer_query(query q, api::breadth b, bool stats_only,
                                    http::responder& out) override;
  env::awaitable<void> answer_histogram(query q, http::responder& out) override;
  env::awaitable<void> answer_stream(query q, api::breadth b, http::responder& out) override;
  env::awaitable<void> answer_part(api::part_ask what, api::half h, http::responder& out) override;
  env::awaitable<void> answer_near(api::part_ask what, api::half h, std::vector<neighbour_ask> asks,
                                   http::responder& out) override;
  env::awaitable<void> answer_live(query q, http::responder& out) override;
  // REQUIRES: it has a store.
  env::awaitable<void> answer_pin(ulid from, ulid to, http::responder& out) override;
  std::shared_ptr<own_part> pin(api::half h, ulid from, ulid to, std::size_t memory) override;
  const cluster::roster& roster() const override;

 private:
  struct pinned {
    std::vector<block_ref> unconsumed;
    store_snapshot stored;
    coverage covered;
    // Of the store, these partitions; all where there are none.
    pinned only(const std::vector<partition>& which) const;
  };
  class own_half;
  // What an answer has cost and covers, of one node or of several.
  struct outcome {
    coverage covered;
    query_stats stats;
  };
  // No other node is known: nobody need be asked.
  bool alone() const;
  // Others that it has never heard of may exist (rule K19).
  void add_doubt(coverage& covered) const;
  void pin_ingester(ulid from, ulid to, pinned& p) const;
  void pin_store(ulid from, ulid to, pinned& p) const;
  pinned pin(const query& q) const;
  scan_options options_of(std::size_t memory);
  // A block that a query could not read here.
  void note_unread(const std::string& why);
  // Every block that the query has to read.
  env::awaitable<selection> select(const query& q, const pinned& p);
  env::awaitable<void> refuse(http::responder& out, std::string_view why);
  env::awaitable<void> answer_records(const query& q, pinned p, query_gate::pass pass,
                                      bool stats_only, http::responder& out);
  env::awaitable<result<>> send_records(scan& s, http::responder& out);
  env::awaitable<result<>> send_with_context(scan& s, const query& q, pinned& p,
                                             http::responder& out);
  env::awaitable<void> stream_from_here(const query& q, std::optional<query_gate::pass> pass,
                                        http::responder& out);
  env::awaitable<void> stream_from_cluster(const query& q, std::optional<query_gate::pass> pass,
                                           http::responder& out);
  env::awaitable<void> follow_and_send(const query& q, std::optional<query_gate::pass> pass,
                                       live_watcher& watcher, live_followers& others,
                                       http::responder& out);
  env::awaitable<result<>> send_live(const query& q, live_watcher& watcher, std::vector<ulid> sent,
                                     http::responder& out);
  env::awaitable<result<>> send_history(const query& q, pinned p, std::size_t memory,
                                        http::responder& out);
  env::awaitable<result<>> send_cluster_history(const query& q, std::size_t memory,
                                                std::vector<ulid>& sent, http::responder& out);
  void set_headers(http::responder& out, const query& q, const query_stats& stats,
                   const coverage& covered, duration elapsed) const;
  static env::awaitable<void> end_answer(const query& q, outcome o, result<> sent,
                                         http::responder& out);
  static env::awaitable<void> send_histogram(const time_histogram& counts, outcome o,
                                             http::responder& out);

  env::awaitable<void> answer_from_cluster(const query& q, query_gate::pass pass, bool stats_only,
                                           http::responder& out);
  env::awaitable<void> count_in_cluster(const query& q, query_gate::pass pass,
                                        http::responder& out);
  bool for_this_node(const api::part_ask& what) const;
  std::optional<pinned> pinned_for(const api::part_ask& what, api::half h,
                                   pins::snapshot& hold) const;
  env::awaitable<result<answer_summary>> give_part(const api::part_ask& what, api::half h,
                                                   const pinned& p, std::size_t memory,
                                                   batch_sink& to);
  env::awaitable<api::near_answer> find_near(const query& q, const pinned& p,
                                             const std::vector<neighbour_ask>& asks);
  env::awaitable<result<>> send_merged_with_context(cluster_answer& a, const query& q,
                                                    http::responder& out);
  env::awaitable<result<>> send_merged(cluster_answer& a, http::responder& out);

  env::environment env_;
  ingester* in_;
  storer* st_;
  live_feed& live_;
  membership& members_;
  query_gate gate_;
  query_gate part_gate_;
  pins pins_;
  std::size_t client_streams_ = 0;
  std::size_t part_streams_ = 0;
  counter refused_;
  counter slow_streams_;
  counter damaged_filters_;
  counter unread_blocks_;
  boot_time unread_since_{};  // of the second in which the last lines were logged
  unsigned unread_lines_ = 0;
  gauge streams_;
};

// What is in question, from the index alone: the head of an answer waits for nothing.
query_stats in_question(const query& q, const std::vector<block_ref>& unconsumed,
                        const std::vector<segment_ptr>& segments);

}  // namespace oklog::node
