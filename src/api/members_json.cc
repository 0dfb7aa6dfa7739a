// /-/cluster: who is there, for people and their scripts.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "oklog/api/admin_api.h"

namespace oklog::api {
namespace {

using nlohmann::ordered_json;

ordered_json describe(const cluster::member& m, bool self, const env::clock& clock) {
  const duration age = std::max(duration::zero(), clock.boot() - m.since);
  const auto whole_seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
  ordered_json j;
  j["name"] = format(m.id);
  j["state"] = std::string(name(m.state));
  j["self"] = self;
  j["role"] = std::string(name(m.data.role));
  j["address"] = format(m.data.gossip);
  j["api"] = format(m.data.api());
  j["version"] = m.data.version;
  j["kept_records"] = m.data.kept_records;
  j["replication_factor"] = m.data.replication_factor;
  j["free"] = m.data.free_sixteenths == cluster::free_unknown
                  ? ordered_json()
                  : ordered_json(m.data.free_sixteenths);
  j["incarnation"] = m.incarnation;
  const bool measured = m.round_trip > duration::zero();
  j["round_trip_ms"] =
      measured ? ordered_json(std::chrono::duration<double, std::milli>(m.round_trip).count())
               : ordered_json();
  j["health_score"] = m.score;
  j["since"] = format_rfc3339(std::chrono::floor<std::chrono::seconds>(clock.now() - age));
  j["age_s"] = whole_seconds.count();
  return j;
}

}  // namespace

std::string members_json(const std::vector<cluster::member>& members, const env::clock& clock) {
  std::vector<const cluster::member*> sorted;
  for (const cluster::member& m : members) sorted.push_back(&m);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->id < b->id; });
  ordered_json all = ordered_json::array();
  for (const cluster::member* m : sorted) {
    all.push_back(describe(*m, m == &members.front(), clock));
  }
  ordered_json state;
  state["self"] = members.empty() ? ordered_json() : ordered_json(format(members.front().id));
  state["members"] = std::move(all);
  return state.dump(2) + "\n";
}

}  // namespace oklog::api
