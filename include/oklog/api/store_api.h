// What people and programs ask of a store: /store/query and /store/stream for the whole cluster,
// /store/_query and /store/_stream for this node alone. Parameters: query/query.h.
// /store/histogram counts the same over time: one JSON object (query/histogram.h), exact. A stream
// that is given `from` begins with what is stored from there on.
//
// GET answers 200 at once with X-Oklog-* headers, then records as they are found; what the answer
// covers stands in X-Oklog-Coverage and, once known for sure, in a trailer of the same name. HEAD
// answers the headers alone. An answer that breaks off is a reset, never a clean end.
#pragma once

#include "oklog/env/scheduler.h"
#include "oklog/http/router.h"
#include "oklog/query/query.h"

namespace oklog::api {

enum class breadth { cluster, this_node };

// What the routes need of a node. Called on the loop; each answers through `out`.
class query_service {
 public:
  virtual ~query_service() = default;
  virtual env::awaitable<void> answer_query(query q, breadth b, bool stats_only,
                                            http::responder& out) = 0;
  virtual env::awaitable<void> answer_histogram(query q, http::responder& out) = 0;
  virtual env::awaitable<void> answer_stream(query q, breadth b, http::responder& out) = 0;
};

// `service` and `clock` outlive the router.
void add_store_routes(http::router& routes, query_service& service, const env::clock& clock);

}  // namespace oklog::api
