#include "oklog/http/router.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::http;

namespace {

env::awaitable<void> nothing() {
  co_return;
}
handler any() {
  return [](const request&, responder&) { return nothing(); };
}

}  // namespace

TEST_CASE("router: an exact path wins over a prefix, a longer prefix over a shorter", "[http]") {
  router routes;
  routes.add(route(method::get, "/a/", scope::read, any())).kind = path_kind::prefix;
  routes.add(route(method::get, "/a/b/", scope::internal, any())).kind = path_kind::prefix;
  routes.add(route(method::get, "/a/b/", scope::admin, any()));
  CHECK(routes.find(method::get, "/a/x").found->needs == scope::read);
  CHECK(routes.find(method::get, "/a/b/x").found->needs == scope::internal);
  CHECK(routes.find(method::get, "/a/b/").found->needs == scope::admin);
  CHECK(routes.find(method::get, "/a/b/x").found->label() == "/a/b/*");
  CHECK(!routes.find(method::get, "/a").found);
  CHECK(routes.find(method::get, "/a").allowed.empty());
}

TEST_CASE("router: one path may have routes by method, and knows them all", "[http]") {
  router routes;
  routes.add(route(method::get | method::head, "/x", scope::read, any()));
  routes.add(route(method::post, "/x", scope::write, any()));
  CHECK(routes.find(method::head, "/x").found->needs == scope::read);
  CHECK(routes.find(method::post, "/x").found->needs == scope::write);
  const auto put = routes.find(method::put, "/x");
  CHECK(!put.found);
  CHECK(format(put.allowed) == "GET, HEAD, POST");
}
