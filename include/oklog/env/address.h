// Addresses as people write them: "tcp://host:port", "host:port", "127.0.0.1:7651", "host",
// "tcp://[::1]:7651", "[::1]", and for targets "tcp+dns://", "tcp+dnsip://", "tcp+dnssrv://",
// "tcp+dnsaddr://" ("dns+srv://" is another word for tcp+dnssrv). Hosts become lower case. Errors:
// invalid; the sentence says what was expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/env/net.h"

namespace oklog::env {

// How a target's host becomes addresses, anew for each connection.
enum class lookup_kind {
  system,   // tcp: the system's resolver, all addresses in its order
  ip,       // tcp+dns, tcp+dnsip: A and AAAA, in random order
  service,  // tcp+dnssrv: SRV records, whose ports count
  pointer,  // tcp+dnsaddr: the names that an IP address points back to
};

struct address {
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 0;
  lookup_kind lookup = lookup_kind::system;
  friend bool operator==(const address&, const address&) = default;
};
std::string format(const address& a);

// Where to send to.
result<address> parse_address(std::string_view text, std::uint16_t default_port);
// The same, where "http://" is also understood: a store's API.
result<address> parse_api_address(std::string_view text, std::uint16_t default_port);
// Where to listen: an IP address or "localhost"; port 0 takes a free one.
result<endpoint> parse_listen_address(std::string_view text, std::uint16_t default_port);

}  // namespace oklog::env
