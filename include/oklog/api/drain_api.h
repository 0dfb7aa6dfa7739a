// Draining a store by hand: POST /-/drain[?cancel]. From the answer on (200) it takes nothing new
// and lets go of all that it holds, as soon as others hold it; /-/status says how far it is. With
// `cancel` it is a store like the others again. It stands on its disk, and the other stores learn
// of it. 503: it could not be written down.
#pragma once

#include <functional>

#include "oklog/env/env.h"
#include "oklog/http/router.h"

namespace oklog::api {

// `drain` lives as long as the router. Its success: on disk.
void add_drain_route(http::router& routes, std::function<env::awaitable<result<>>(bool)> drain);

}  // namespace oklog::api
