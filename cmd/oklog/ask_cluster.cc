#include "cmd/oklog/ask_cluster.h"

#include <algorithm>

#include "oklog/env/task_group.h"
#include "oklog/http/client.h"

namespace oklog::cmd {
namespace {

constexpr std::uint64_t answer_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t asked_at_once = 16;

std::string text_of(const nlohmann::ordered_json& j, const char* key) {
  const auto at = j.find(key);
  return at != j.end() && at->is_string() ? at->get<std::string>() : "";
}

bool flag_of(const nlohmann::ordered_json& j, const char* key) {
  const auto at = j.find(key);
  return at != j.end() && at->is_boolean() && at->get<bool>();
}

seen_member read_member(const nlohmann::ordered_json& j) {
  seen_member m;
  m.name = text_of(j, "name");
  m.state = text_of(j, "state");
  m.role = text_of(j, "role");
  m.api = text_of(j, "api");
  m.self = flag_of(j, "self");
  m.kept_records = flag_of(j, "kept_records");
  const auto factor = j.find("replication_factor");
  if (factor != j.end() && factor->is_number_unsigned()) m.factor = factor->get<std::uint64_t>();
  return m;
}

env::awaitable<void> ask_one(env::environment env, member_answer& into, std::string target) {
  auto said = co_await get_json(env, "http://" + into.member.api + target);
  if (said) {
    into.said = std::move(said->json);
  } else {
    into.failure = said.error().what;
  }
}

}  // namespace

env::awaitable<result<json_answer>> get_json(env::environment env, std::string url) {
  http::client_options limits;
  limits.connect_wait = std::chrono::seconds(2);
  limits.head_wait = std::chrono::seconds(10);
  limits.body_gap = std::chrono::seconds(10);
  http::client client(env, limits);
  CO_TRY_LET(auto answer, co_await client.get(std::move(url)));
  CO_TRY_LET(const std::string body, co_await answer.read_all(answer_bytes_max));
  if (answer.status() != 200) {
    co_return fail(errc::unavailable, "it answered with status " + std::to_string(answer.status()));
  }
  json_answer read{nlohmann::ordered_json::parse(body, nullptr, false)};
  if (!read.json.is_object()) co_return fail(errc::corruption, "it answered with something else");
  co_return std::move(read);
}

env::awaitable<result<std::vector<seen_member>>> ask_members(env::environment env,
                                                             std::string base) {
  CO_TRY_LET(const json_answer state, co_await get_json(env, base + "/-/cluster"));
  const auto members = state.json.find("members");
  if (members == state.json.end() || !members->is_array()) {
    co_return fail(errc::corruption, "the node answered something else than its members");
  }
  std::vector<seen_member> all;
  for (const nlohmann::ordered_json& m : *members) {
    if (m.is_object()) all.push_back(read_member(m));
  }
  co_return std::move(all);
}

env::awaitable<std::vector<member_answer>> ask_all(env::environment env,
                                                   std::vector<seen_member> members,
                                                   std::string target) {
  std::vector<member_answer> answers;
  for (seen_member& m : members) {
    if (!m.in_service()) continue;
    answers.emplace_back();
    answers.back().member = std::move(m);
  }
  for (std::size_t at = 0; at < answers.size(); at += asked_at_once) {
    std::vector<env::awaitable<void>> some;
    for (std::size_t i = at; i < std::min(at + asked_at_once, answers.size()); ++i) {
      some.push_back(ask_one(env, answers[i], target));
    }
    co_await env::all(env.loop, std::move(some));
  }
  co_return std::move(answers);
}

}  // namespace oklog::cmd
