#include "oklog/api/drain_api.h"

namespace oklog::api {
namespace {

using drain_fn = std::function<env::awaitable<result<>>(bool)>;

env::awaitable<void> answer(const drain_fn& drain, const http::request& r, http::responder& out) {
  const bool on = !r.param("cancel").has_value();
  const auto done = co_await drain(on);
  if (done) {
    (void)co_await out.send(200, "OK\n");
  } else {
    (void)co_await out.send_error(503, "it could not be written down");
  }
}

}  // namespace

void add_drain_route(http::router& routes, drain_fn drain) {
  routes.add(http::route(http::method::post, "/-/drain", http::scope::admin,
                         [drain = std::move(drain)](const http::request& r, http::responder& out) {
                           return answer(drain, r, out);
                         }));
}

}  // namespace oklog::api
