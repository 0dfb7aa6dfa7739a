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

// Go asks for "_._tcp.HOST"; a name that is a service's already is asked for as it is.
env::awaitable<result<places>> service_places(env::environment env, env::address target) {
  auto services = co_await env.net.resolve_srv(target.host);
  if (!services || services->empty()) {
    services = co_await env.net.resolve_srv("_._tcp." + target.host);
  }
  if (!services) co_return services.error();
  places found;
  error last = fail(errc::unavailable, target.host + " has no SRV records");
  for (const env::srv_target& s : *services) {
    auto some = co_await addresses_of(env, s.host, s.port);
    if (some) {
      found.insert(found.end(), some->begin(), some->end());
    } else {
      last = some.error();
    }
  }
  if (found.empty()) co_return last;
  co_return std::move(found);
}

env::awaitable<result<places>> pointer_places(env::environment env, env::address target) {
  CO_TRY_LET(auto names, co_await env.net.resolve_ptr(target.host));
  places found;
  error last = fail(errc::unavailable, target.host + " points back to no name");
  for (const std::string& name : names) {
    auto some = co_await addresses_of(env, name, target.port);
    if (some) {
      found.insert(found.end(), some->begin(), some->end());
    } else {
      last = some.error();
    }
  }
  if (found.empty()) co_return last;
  co_return std::move(found);
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
