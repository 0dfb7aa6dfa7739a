// Asks the members of a cluster: first one node who is there, then each of them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "oklog/env/env.h"

namespace oklog::cmd {

// As the node that was asked sees it.
struct seen_member {
  std::string name;
  std::string state;  // alive, suspect, dead, left
  std::string role;   // ingest, store, ingeststore
  std::string api;    // "host:port"
  std::uint64_t factor = 1;
  bool self = false;
  bool kept_records = false;

  bool in_service() const { return state == "alive" || state == "suspect"; }
  bool has_store() const { return role != "ingest"; }
};

// What a URL answers with status 200. Errors: unavailable, timeout, closed, corruption (no JSON).
struct json_answer {  // a result<> of JSON itself is ambiguous: JSON can be made of anything
  nlohmann::ordered_json json;
};
// 0 where `j` has no such number.
inline std::uint64_t number_in(const nlohmann::ordered_json& j, const char* key) {
  const auto at = j.is_object() ? j.find(key) : j.end();
  return at != j.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}
env::awaitable<result<json_answer>> get_json(env::environment env, std::string url);

// `base` is "http://host:port". Error: also corruption, where it is no list of members.
env::awaitable<result<std::vector<seen_member>>> ask_members(env::environment env,
                                                             std::string base);

struct member_answer {
  seen_member member;
  std::optional<nlohmann::ordered_json> said;
  std::string failure;  // where it said nothing
};
// `target` ("/-/status") of all that are in service, some at once; the others are left out.
env::awaitable<std::vector<member_answer>> ask_all(env::environment env,
                                                   std::vector<seen_member> members,
                                                   std::string target);

}  // namespace oklog::cmd
