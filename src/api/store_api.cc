#include "oklog/api/store_api.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;

parameters no_end() {
  return {{"to", format(ulid_max)}};
}

// `params` are those that go before the request's.
result<query> read_query(const request& r, const env::clock& clock, parameters params = {}) {
  params.reserve(params.size() + r.query.size());
  for (const http::parameter& p : r.query) params.emplace_back(p.name, p.value);
  return parse_query(params, clock.now());
}

env::awaitable<void> handle_query(query_service& service, const env::clock& clock, breadth b,
                                  const request& r, responder& out) {
  auto q = read_query(r, clock);
  if (!q) {
    (void)co_await out.send_error(400, q.error().what);
    co_return;
  }
  co_await service.answer_query(std::move(*q), b, r.method == method::head, out);
}

env::awaitable<void> handle_stream(query_service& service, const env::clock& clock, breadth b,
                                   const request& r, responder& out) {
  auto q = read_query(r, clock, no_end());
  if (!q) {
    (void)co_await out.send_error(400, q.error().what);
    co_return;
  }
  co_await service.answer_stream(std::move(*q), b, out);
}

env::awaitable<void> handle_histogram(query_service& service, const env::clock& clock, breadth,
                                      const request& r, responder& out) {
  auto q = read_query(r, clock);
  if (!q) {
    (void)co_await out.send_error(400, q.error().what);
    co_return;
  }
  co_await service.answer_histogram(std::move(*q), out);
}

env::awaitable<void> redirect(responder& out) {
  out.set("Location", "/store/query");
  (void)co_await out.send(307, "");
}

}  // namespace

void add_store_routes(http::router& routes, query_service& service, const env::clock& clock) {
  using http::route;
  using http::scope;
  const auto add = [&](const char* path, auto handle, breadth b, http::method_set methods,
                       scope needs) {
    routes.add(route(methods, path, needs,
                     [&service, &clock, handle, b](const request& r, responder& out) {
                       return handle(service, clock, b, r, out);
                     }));
  };
  add("/store/query", handle_query, breadth::cluster, method::get | method::head, scope::read);
  add("/store/_query", handle_query, breadth::this_node, method::get | method::head,
      scope::internal);
  add("/store/histogram", handle_histogram, breadth::cluster, http::method_set(method::get),
      scope::read);
  add("/store/stream", handle_stream, breadth::cluster, method::get, scope::read);
  add("/store/_stream", handle_stream, breadth::this_node, method::get, scope::internal);
  routes.add(route(method::get, "/store/", scope::read,
                   [](const request&, responder& out) { return redirect(out); }));
}

}  // namespace oklog::api
