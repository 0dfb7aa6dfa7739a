// oklog members: who is in the cluster, as one node sees it. Exit codes: 0 all alive; 1 some member
// is suspect or dead, or has left records behind; 2 error.
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/human.h"
#include "cmd/oklog/painter.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/http/client.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

constexpr std::uint64_t members_bytes_max = 64 * 1024 * 1024;

struct members_options {
  std::string store = "localhost:7650";
  std::string color = "auto";
  bool json = false;
  bool all = false;
};

constexpr std::int64_t shown_after_leaving_s = 600;

using member_row = std::vector<std::string>;

std::string text_of(const nlohmann::json& j, const char* key) {
  const auto at = j.find(key);
  if (at == j.end() || !at->is_string()) return "-";
  return printable(at->get<std::string>());
}

std::string number_of(const nlohmann::json& j, const char* key) {
  const auto at = j.find(key);
  return at == j.end() || !at->is_number_integer() ? "-" : std::to_string(at->get<std::int64_t>());
}

std::string age_of(const nlohmann::json& j) {
  const auto at = j.find("age_s");
  if (at == j.end() || !at->is_number_integer()) return "-";
  return age_text(at->get<std::int64_t>());
}

std::string round_trip_of(const nlohmann::json& j) {
  const auto at = j.find("round_trip_ms");
  if (at == j.end() || !at->is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1fms", at->get<double>());
  return text;
}

std::string free_of(const nlohmann::json& j) {
  const auto at = j.find("free");
  if (at == j.end() || !at->is_number_integer()) return "-";
  const auto sixteenths = at->get<std::int64_t>();
  return std::to_string(sixteenths * 100 / 16) + "%";
}

member_row row_of(const nlohmann::json& m) {
  const bool self = m.value("self", false);
  return {text_of(m, "name") + (self ? " *" : ""),
          text_of(m, "state"),
          text_of(m, "role"),
          text_of(m, "api"),
          text_of(m, "address"),
          self ? "-" : round_trip_of(m),
          number_of(m, "health_score"),
          age_of(m),
          free_of(m),
          number_of(m, "incarnation"),
          text_of(m, "version")};
}

const char* color_of(const std::string& state) {
  if (state == "alive") return "\x1b[32m";
  if (state == "suspect") return "\x1b[33m";
  return state == "dead" ? "\x1b[31m" : "\x1b[2m";
}

std::string table_of(const std::vector<member_row>& rows, bool color) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const member_row& r : rows) {
    for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], r[i].size());
  }
  std::string out;
  for (const member_row& r : rows) {
    for (std::size_t i = 0; i < r.size(); ++i) {
      std::string cell = r[i];
      if (i + 1 < r.size()) cell.resize(widths[i] + 2, ' ');
      const bool colored = color && i == 1 && &r != &rows.front();
      out += colored ? color_of(r[i]) + cell + "\x1b[0m" : cell;
    }
    out += '\n';
  }
  return out;
}

int print_members(const members_options& o, const std::string& body) {
  const auto state = nlohmann::json::parse(body, nullptr, false);
  const auto members = state.is_object() ? state.find("members") : state.end();
  if (!state.is_object() || members == state.end() || !members->is_array()) {
    return say("members", "the node answered something else than its members", exit_error);
  }
  bool all_well = true;
  std::vector<member_row> rows{{"NAME", "STATE", "ROLE", "API", "GOSSIP", "RTT", "SCORE", "SINCE",
                                "FREE", "INCARNATION", "VERSION"}};
  for (const nlohmann::json& m : *members) {
    if (!m.is_object()) continue;
    const bool in_order = text_of(m, "state") == "left" && !m.value("kept_records", false);
    if (!o.all && in_order && m.value("age_s", std::int64_t{0}) > shown_after_leaving_s) continue;
    rows.push_back(row_of(m));
    all_well = all_well && (rows.back()[1] == "alive" || in_order);
  }
  if (o.json) {
    (void)write_out(body);
  } else {
    const auto choice = parse_color(o.color).value_or(color_choice::automatic);
    (void)write_out(table_of(rows, wants_color(choice, isatty(STDOUT_FILENO) == 1)));
  }
  return all_well ? exit_done : exit_failed;
}

env::awaitable<int> ask(env::environment env, const members_options& o, std::string url) {
  http::client_options limits;
  limits.body_gap = std::chrono::seconds(10);
  http::client client(env, limits);
  auto answer = co_await client.get(url + "/-/cluster");
  if (!answer) co_return say("members", answer.error().what, exit_error);
  const auto body = co_await answer->read_all(members_bytes_max);
  if (!body || answer->status() != 200) {
    const std::string why = body ? "status " + std::to_string(answer->status()) : body.error().what;
    co_return say("members", why, exit_error);
  }
  co_return print_members(o, *body);
}

}  // namespace

int run_members(const std::vector<std::string>& args) {
  members_options o;
  flags f(
      "members",
      "Shows who is in the cluster, as one node sees it ('*'). RTT: how long probes take.\n"
      "SCORE: a member's doubt in its own health, 0 is well. SINCE: for how long it has been in\n"
      "its state. Exit code 1 where a member is missing.");
  f.add("store", o.store, "address of the node to ask");
  f.add("json", o.json, "print the answer of /-/cluster as it is");
  f.add("all", o.all, "also those that left in order more than 10 minutes ago");
  f.add("color", o.color, "auto, always, never");
  if (auto code = f.parse(args)) return *code;
  if (!parse_color(o.color)) return f.wrong("color", "auto, always or never was expected");
  const auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(ask(world.env(), o, *base), [](int) { std::_Exit(exit_failed); });
}

}  // namespace oklog::cmd
