// Where a node is, in the 18 bytes of the wire: an IPv6 address (IPv4 as ::ffff:a.b.c.d) and a
// port.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oklog::cluster {

struct address {
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;
  friend constexpr auto operator<=>(const address&, const address&) = default;

  bool is_v4() const;
  bool is_unspecified() const;  // 0.0.0.0, ::
  bool is_loopback() const;     // 127/8, ::1
};

// An IP in text, without brackets; nothing where it is none.
std::optional<address> make_address(std::string_view ip, std::uint16_t port);
std::string ip_text(const address& a);
std::string format(const address& a);  // "10.0.0.1:7659", "[fd00::1]:7659"

// Nothing where others could reach it; else why not: the unspecified address, multicast, broadcast,
// link-local (169.254/16, fe80::/10), the metadata services of clouds, port 0.
std::optional<std::string_view> unreachable(const address& a);

}  // namespace oklog::cluster
