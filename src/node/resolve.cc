#include "node/resolve.h"

namespace oklog::node {
namespace {

using places = std::vector<env::endpoint>;

env::awaitable<result<places>> addresses_of(env::environment env, std::string host,
                                            std::uint16_t port) {
  CO_TRY_LET(auto ips, co_await env.net.resolve(host));
  places found;
  for (std::string& ip : ips) found.push_back({std::move(ip), port});
  co_return std::move(found);
}

// Of all that are known; `none` says why there is none, where nothing else does.
env::awaitable<result<places>> addresses_of_all(env::environment env,
                                                std::vector<env::srv_target> targets,
                                                std::string none) {
  places found;
  error last = fail(errc::unavailable, none);
  for (const env::srv_target& t : targets) {
    auto some = co_await addresses_of(env, t.host, t.port);
    if (some) {
      found.insert(found.end(), some->begin(), some->end());
    } else {
      last = some.error();
    }
  }
  if (found.empty()) co_return last;
  co_return std::move(found);
}

// Go asks for "_._tcp.HOST"; a name that is a service's already is asked for as it is.
env::awaitable<result<places>> service_places(env::environment env, env::address target) {
  auto services = co_await env.net.resolve_srv(target.host);
  if (!services || services->empty()) {
    services = co_await env.net.resolve_srv("_._tcp." + target.host);
  }
  if (!services) co_return services.error();
  std::string none = target.host + " has no SRV records";
  co_return co_await addresses_of_all(env, std::move(*services), std::move(none));
}

env::awaitable<result<places>> pointer_places(env::environment env, env::address target) {
  CO_TRY_LET(auto names, co_await env.net.resolve_ptr(target.host));
  std::vector<env::srv_target> targets;
  for (std::string& name : names) targets.push_back({std::move(name), target.port});
  std::string none = target.host + " points back to no name";
  co_return co_await addresses_of_all(env, std::move(targets), std::move(none));
}

}  // namespace

env::awaitable<result<places>> resolve(env::environment env, env::address target) {
  if (target.lookup == env::lookup_kind::system) {
    co_return co_await addresses_of(env, target.host, target.port);
  }
  result<places> found = fail(errc::invalid, "unknown kind of lookup");
  if (target.lookup == env::lookup_kind::service) {
    found = co_await service_places(env, target);
  } else if (target.lookup == env::lookup_kind::pointer) {
    found = co_await pointer_places(env, target);
  } else {
    found = co_await addresses_of(env, target.host, target.port);
  }
  if (found) env.random.shuffle(*found);
  co_return found;
}

}  // namespace oklog::node
