// What operators and their machines ask: health, readiness, metrics, membership, and the page.
//
//   /-/healthy, /health   200 while the process lives
//   /-/ready              200 when it serves, 503 with the reason while it does not
//   /metrics              Prometheus
//   /-/cluster            who is in the cluster, as this node sees it: JSON, "members" in the order
//                         of their ids, each with name, state (alive, suspect, dead, left), self,
//                         role, address, api, version, kept_records, replication_factor, free (of
//                         the disk, in sixteenths), incarnation, round_trip_ms, health_score, since
//                         (RFC 3339) and age_s, of the state; "self" is the name of the node that
//                         answers
//   POST /-/forget?name=ID&accept-loss   a member that is dead, or has left, is missed no more;
//   404,
//                         409 it is alive, 400
//   /store/_clusterstate, /ingest/_clusterstate   JSON, in the form of Go's OK Log
//   /ui/                  the page, from the binary
#pragma once

#include <functional>
#include <string>

#include "oklog/base/metrics.h"
#include "oklog/cluster/member.h"
#include "oklog/http/router.h"

namespace oklog::api {

// All that is passed outlives the router. `not_ready` says why not, or is empty.
void add_health_routes(http::router& routes, std::function<std::string()> not_ready);
void add_metrics_route(http::router& routes, const metrics_registry& registry);
void add_cluster_route(http::router& routes, std::string path,
                       std::function<std::vector<cluster::member>()> members);
void add_members_route(http::router& routes, std::function<std::vector<cluster::member>()> members,
                       const env::clock& clock);
// Success: on this node's disk. Errors: not_found, conflict (it is alive, or this node has no store
// and so no roster).
using forget_fn = std::function<env::awaitable<result<>>(ulid)>;
void add_forget_route(http::router& routes, forget_fn forget);
void add_page_routes(http::router& routes);

// `members` begins with the node that answers.
std::string members_json(const std::vector<cluster::member>& members, const env::clock& clock);
// In the form of Go's OK Log; `members` begins with the node that answers.
std::string cluster_state_json(const std::vector<cluster::member>& members);

}  // namespace oklog::api
