#include "node/advertise.h"

#include "oklog/env/address.h"

namespace oklog::node {
namespace {

using cluster::address;

bool is_private(const address& a) {
  if (!a.is_v4()) return (a.ip[0] & 0xfe) == 0xfc;
  const auto b = a.ip.begin() + 12;
  return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168);
}

// Nothing for the wildcard, which is no address of anybody.
std::optional<address> bound(const env::endpoint& at, std::uint16_t port) {
  const auto a = cluster::make_address(at.ip, port);
  return a && !a->is_unspecified() ? a : std::nullopt;
}

address of_this_machine(env::network& net, std::uint16_t port) {
  std::optional<address> first;
  for (const std::string& ip : net.local_addresses()) {
    const auto a = cluster::make_address(ip, port);
    if (!a || unreachable(*a)) continue;
    if (is_private(*a)) return *a;
    if (!first) first = a;
  }
  return first ? *first : *cluster::make_address("127.0.0.1", port);
}

env::awaitable<result<address>> as_wanted(env::environment env, std::string wanted,
                                          std::uint16_t port) {
  CO_TRY_LET(const auto parsed, env::parse_address(wanted, port));
  CO_TRY_LET(const auto ips, co_await env.net.resolve(parsed.host));
  for (const std::string& ip : ips) {
    const auto a = cluster::make_address(ip, parsed.port);
    if (!a) continue;
    if (const auto why = unreachable(*a)) {
      co_return fail(errc::invalid,
                     "\"" + wanted + "\": " + std::string(*why) +
                         ": others could not reach this node there; give an IP of this machine "
                         "that they can reach, such as 10.0.0.5");
    }
    co_return *a;
  }
  co_return fail(errc::invalid, "\"" + wanted + "\" has no IP address");
}

}  // namespace

env::awaitable<result<address>> advertised(env::environment env, std::string wanted,
                                           env::endpoint gossip, env::endpoint api) {
  if (!wanted.empty()) {
    auto a = co_await as_wanted(env, wanted, gossip.port);
    if (!a) co_return with_context("-cluster.advertise-addr", a.error());
    co_return *a;
  }
  const auto by_gossip = bound(gossip, gossip.port);
  const auto by_api = bound(api, gossip.port);
  if (by_gossip && by_api && *by_gossip != *by_api) {
    co_return fail(errc::invalid, "-api " + format(api) + " and -cluster " + format(gossip) +
                                      " must be reached at one IP: let both listen there, or one "
                                      "of them on 0.0.0.0");
  }
  const address a = by_gossip ? *by_gossip
                    : by_api  ? *by_api
                              : of_this_machine(env.net, gossip.port);
  if (const auto why = unreachable(a)) {
    co_return fail(errc::invalid, "-cluster " + format(gossip) + ": " + std::string(*why) +
                                      ": others could not reach this node there");
  }
  co_return a;
}

}  // namespace oklog::node
