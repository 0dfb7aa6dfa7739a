// Answers queries and streams from what this node holds: pins the ingester's unconsumed records
// first, then the store's (rule K17), and scans them together. Loop thread only; the scan runs on
// the pool.
#pragma once

#include "node/ingester.h"
#include "node/live.h"
#include "node/storer.h"
#include "oklog/api/store_api.h"
#include "oklog/store/scan.h"

namespace oklog::node {

class gatherer final : public api::query_service {
 public:
  // Either half may be absent.
  gatherer(env::environment env, ingester* in, storer* st, live_feed& live,
           metrics_registry& registry);

  env::awaitable<void> answer_query(query q, api::breadth b, bool stats_only,
                                    http::responder& out) override;
  env::awaitable<void> answer_stream(query q, api::breadth b, http::responder& out) override;

 private:
  struct pinned {
    std::vector<block_ref> blocks;
    coverage covered;
  };
  pinned pin(const query& q) const;
  env::awaitable<result<>> send_records(scan& s, http::responder& out);

  env::environment env_;
  ingester* in_;
  storer* st_;
  live_feed& live_;
  std::size_t queries_ = 0;
  counter refused_;
  counter slow_streams_;
  gauge streams_;
};

}  // namespace oklog::node
