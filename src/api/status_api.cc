#include "oklog/api/status_api.h"

#include <nlohmann/json.hpp>

#include "oklog/query/terminal.h"

namespace oklog::api {
namespace {

using nlohmann::ordered_json;

ordered_json time_of(const std::optional<wall_time>& t) {
  return t ? ordered_json(format_rfc3339(*t)) : ordered_json();
}

ordered_json seconds_of(const std::optional<duration>& d) {
  return d ? ordered_json(std::chrono::duration_cast<std::chrono::seconds>(*d).count())
           : ordered_json();
}

ordered_json describe(const member_counts& m) {
  ordered_json j;
  j["alive"] = m.alive;
  j["suspect"] = m.suspect;
  j["dead"] = m.dead;
  j["left_with_records"] = m.left_with_records;
  j["missing"] = m.missing;
  return j;
}

ordered_json describe(const coverage& c) {
  ordered_json j;
  j["coverage"] = name(c.state);
  ordered_json missing = ordered_json::array();
  for (const std::string& sentence : c.missing) {
    if (missing.size() == missing_sentences_max) break;
    missing.push_back(printable(sentence));
  }
  j["missing"] = std::move(missing);
  return j;
}

ordered_json describe(const disk_status& d) {
  ordered_json j;
  j["path"] = d.path;
  j["total"] = d.total;
  j["free"] = d.free;
  j["reserve"] = d.reserve;
  j["full_in_s"] = seconds_of(d.full_in);
  return j;
}

ordered_json describe(const ingest_status& i) {
  ordered_json j;
  j["segments"] = i.segments;
  j["bytes"] = i.bytes;
  j["pending"] = i.pending;
  j["oldest"] = time_of(i.oldest);
  return j;
}

ordered_json describe(const store_status& s) {
  ordered_json j;
  j["segments"] = s.segments;
  j["bytes"] = s.bytes;
  j["partitions"] = s.partitions;
  j["records"] = s.records;
  j["oldest"] = time_of(s.oldest);
  j["newest"] = time_of(s.newest);
  j["trash_bytes"] = s.trash_bytes;
  j["quarantined"] = s.quarantined;
  j["damaged"] = s.damaged;
  j["factor"] = s.factor;
  j["factor_in_force"] = s.factor_in_force;
  j["stores_alive"] = s.stores_alive;
  j["consuming"] = s.consuming;
  j["lone"] = s.lone;
  j["known_partitions"] = s.known_partitions;
  j["under_replicated"] = s.under_replicated;
  j["oldest_under_replicated"] = time_of(s.oldest_under_replicated);
  j["draining"] = s.draining;
  return j;
}

env::awaitable<void> say(std::string text, http::responder& out) {
  out.set("Content-Type", "application/json; charset=utf-8");
  (void)co_await out.send(200, text);
}

}  // namespace

std::string to_json(const node_status& s) {
  ordered_json j;
  j["node"] = s.node;
  j["role"] = s.role;
  j["version"] = s.version;
  j["now"] = format_rfc3339(std::chrono::floor<std::chrono::seconds>(s.now));
  j["up_s"] = seconds_of(s.up);
  j["ready"] = s.not_ready.empty();
  j["reason"] = s.not_ready;
  j["members"] = describe(s.members);
  j["answers"] = s.answers ? describe(*s.answers) : ordered_json();
  ordered_json disks = ordered_json::array();
  for (const disk_status& d : s.disks) disks.push_back(describe(d));
  j["disks"] = std::move(disks);
  j["ingest"] = s.ingest ? describe(*s.ingest) : ordered_json();
  j["store"] = s.store ? describe(*s.store) : ordered_json();
  j["attention"] = s.attention;
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

void add_status_route(http::router& routes, std::function<node_status()> status) {
  routes.add(http::route(http::method::get, "/-/status", http::scope::read,
                         [status = std::move(status)](const http::request&, http::responder& out) {
                           return say(to_json(status()), out);
                         }));
}

}  // namespace oklog::api
