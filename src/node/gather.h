// Answers queries and streams from what this node holds: pins the ingester's unconsumed records
// first, then the store's (rule K17), and scans them together. Loop thread only; filters, scan and
// formatting run on the pool.
#pragma once

#include "node/ingester.h"
#include "node/live.h"
#include "node/query_gate.h"
#include "node/storer.h"
#include "oklog/api/store_api.h"
#include "oklog/store/scan.h"
#include "oklog/store/select.h"

namespace oklog::node {

class gatherer final : public api::query_service {
 public:
  // Either half may be absent.
  gatherer(env::environment env, ingester* in, storer* st, live_feed& live,
           metrics_registry& registry);

  env::awaitable<void> answer_query(query q, api::breadth b, bool stats_only,
                                    http::responder& out) override;
  env::awaitable<void> answer_histogram(query q, http::responder& out) override;
  env::awaitable<void> answer_stream(query q, api::breadth b, http::responder& out) override;

 private:
  struct pinned {
    std::vector<block_ref> unconsumed;
    store_snapshot stored;
    coverage covered;
  };
  pinned pin(const query& q) const;
  // Every block that the query has to read.
  env::awaitable<selection> select(const query& q, pinned& p);
  env::awaitable<void> answer_records(const query& q, pinned p, query_gate::pass pass,
                                      bool stats_only, http::responder& out);
  env::awaitable<result<>> send_records(scan& s, http::responder& out);
  env::awaitable<result<>> send_with_context(scan& s, const query& q, pinned& p,
                                             http::responder& out);
  env::awaitable<result<>> send_history(const query& q, pinned p, std::size_t memory,
                                        http::responder& out);
  void set_headers(http::responder& out, const query& q, query_stats stats, const coverage& covered,
                   duration elapsed) const;

  env::environment env_;
  ingester* in_;
  storer* st_;
  live_feed& live_;
  query_gate gate_;
  counter refused_;
  counter slow_streams_;
  counter damaged_filters_;
  gauge streams_;
};

}  // namespace oklog::node
