#include "oklog/api/admin_api.h"

#include <nlohmann/json.hpp>

#include "oklog/ui/assets.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;
using http::route;
using http::scope;

// Nothing from elsewhere, nothing inline: a log line can never become code.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

env::awaitable<void> say_ok(responder& out) {
  out.set("Content-Type", http::plain_text);
  (void)co_await out.send(200, "OK\n");
}

env::awaitable<void> say_ready(std::string why_not, responder& out) {
  if (why_not.empty()) {
    co_await say_ok(out);
  } else {
    (void)co_await out.send_error(503, why_not);
  }
}

env::awaitable<void> say_metrics(const metrics_registry& registry, responder& out) {
  const std::string text = registry.text();
  out.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  (void)co_await out.send(200, text);
}

env::awaitable<void> say_json(std::string text, responder& out) {
  out.set("Content-Type", "application/json; charset=utf-8");
  (void)co_await out.send(200, text);
}

env::awaitable<void> say_forgotten(const forget_fn& forget, const request& r, responder& out) {
  const auto id = parse_ulid(r.param("name").value_or(""));
  if (!id) {
    (void)co_await out.send_error(400, "parsing 'name': a member's name was expected");
    co_return;
  }
  if (!r.param("accept-loss")) {
    (void)co_await out.send_error(400,
                                  "what only this member held is given up: accept-loss says so");
    co_return;
  }
  const auto done = co_await forget(*id);
  if (done) {
    co_await say_ok(out);
  } else {
    (void)co_await out.send_error(done.error().code == errc::not_found ? 404 : 409,
                                  done.error().what);
  }
}

env::awaitable<void> say_moved(std::string where, unsigned status, responder& out) {
  out.set("Location", where);
  (void)co_await out.send(status, "");
}

env::awaitable<void> say_page(const request& r, responder& out) {
  std::string_view path = std::string_view(r.path).substr(std::string_view("/ui/").size());
  if (path.empty()) path = "index.html";
  for (const ui::asset& a : ui::assets()) {
    if (a.path != path) continue;
    out.set("Content-Type", a.content_type);
    out.set("Content-Security-Policy", page_policy);
    // Assets carry their hash in their name; the page itself must be asked for again.
    const bool named_by_hash = path.starts_with("assets/");
    out.set("Cache-Control", named_by_hash ? "max-age=31536000, immutable" : "no-cache");
    (void)co_await out.send(200, a.bytes);
    co_return;
  }
  (void)co_await out.send_error(404, "no such page");
}

nlohmann::ordered_json member_json(const cluster::member& m) {
  const cluster::address& at = m.data.gossip;
  return {{"Name", format(m.id)},
          {"Addr", ip_text(at)},
          {"Port", at.port},
          {"Meta", nullptr},
          {"PMin", 1},
          {"PMax", 5},
          {"PCur", 2},
          {"DMin", 0},
          {"DMax", 0},
          {"DCur", 0}};
}

}  // namespace

std::string cluster_state_json(const std::vector<cluster::member>& members) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  nlohmann::ordered_json delegate = nlohmann::ordered_json::object();
  for (const cluster::member& m : members) {
    // As there: who is gone is no member.
    if (m.state == cluster::state::dead || m.state == cluster::state::left) continue;
    all.push_back(member_json(m));
    delegate[format(m.id)] = {{"type", std::string(name(m.data.role))},
                              {"api_addr", ip_text(m.data.gossip)},
                              {"api_port", m.data.api_port}};
  }
  nlohmann::ordered_json state;
  state["self"] = members.empty() ? nlohmann::ordered_json() : all.front();
  state["members"] = std::move(all);
  state["n"] = state["members"].size();
  state["delegate"] = std::move(delegate);
  return state.dump(4) + "\n";
}

void add_health_routes(http::router& routes, std::function<std::string()> not_ready) {
  for (const char* path : {"/-/healthy", "/health"}) {
    routes.add(route(method::get | method::head, path, scope::read,
                     [](const request&, responder& out) { return say_ok(out); }));
  }
  routes.add(route(method::get | method::head, "/-/ready", scope::read,
                   [not_ready = std::move(not_ready)](const request&, responder& out) {
                     return say_ready(not_ready(), out);
                   }));
}

void add_metrics_route(http::router& routes, const metrics_registry& registry) {
  routes.add(
      route(method::get, "/metrics", scope::admin,
            [&registry](const request&, responder& out) { return say_metrics(registry, out); }));
}

void add_cluster_route(http::router& routes, std::string path,
                       std::function<std::vector<cluster::member>()> members) {
  routes.add(route(method::get, std::move(path), scope::internal,
                   [members = std::move(members)](const request&, responder& out) {
                     return say_json(cluster_state_json(members()), out);
                   }));
}

void add_members_route(http::router& routes, std::function<std::vector<cluster::member>()> members,
                       const env::clock& clock) {
  routes.add(route(method::get, "/-/cluster", scope::read,
                   [members = std::move(members), &clock](const request&, responder& out) {
                     return say_json(members_json(members(), clock), out);
                   }));
}

void add_forget_route(http::router& routes, forget_fn forget) {
  routes.add(route(method::post, "/-/forget", scope::admin,
                   [forget = std::move(forget)](const request& r, responder& out) {
                     return say_forgotten(forget, r, out);
                   }));
}

void add_page_routes(http::router& routes) {
  const auto move = [&routes](const char* from) {
    routes.add(route(method::get | method::head, from, scope::read,
                     [](const request&, responder& out) { return say_moved("/ui/", 301, out); }));
  };
  move("/");
  move("/ui");
  routes
      .add(route(method::get | method::head, "/ui/", scope::read,
                 [](const request& r, responder& out) { return say_page(r, out); }))
      .kind = http::path_kind::prefix;
}

}  // namespace oklog::api
