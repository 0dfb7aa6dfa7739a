#include "oklog/cluster/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace oklog::cluster {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
// Where clouds hand out credentials: nobody's gossip may lead a node there.
constexpr std::array<std::uint8_t, 16> metadata_v6{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0,    0,
                                                   0,    0,    0,    0,    0, 0, 0x02, 0x54};

}  // namespace

bool address::is_v4() const {
  return std::equal(v4_prefix.begin(), v4_prefix.end(), ip.begin());
}

bool address::is_unspecified() const {
  const auto from = is_v4() ? ip.begin() + 12 : ip.begin();
  return std::all_of(from, ip.end(), [](std::uint8_t b) { return b == 0; });
}

bool address::is_loopback() const {
  if (is_v4()) return ip[12] == 127;
  return ip[15] == 1 && std::all_of(ip.begin(), ip.begin() + 15, [](auto b) { return b == 0; });
}

std::optional<address> make_address(std::string_view ip, std::uint16_t port) {
  const std::string text(ip);
  address a;
  a.port = port;
  if (inet_pton(AF_INET6, text.c_str(), a.ip.data()) == 1) return a;
  if (inet_pton(AF_INET, text.c_str(), a.ip.data() + 12) != 1) return std::nullopt;
  std::copy(v4_prefix.begin(), v4_prefix.end(), a.ip.begin());
  return a;
}

std::string ip_text(const address& a) {
  char text[INET6_ADDRSTRLEN] = {};
  if (a.is_v4()) {
    inet_ntop(AF_INET, a.ip.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, a.ip.data(), text, sizeof text);
  }
  return text;
}

std::string format(const address& a) {
  const std::string port = ":" + std::to_string(a.port);
  return a.is_v4() ? ip_text(a) + port : "[" + ip_text(a) + "]" + port;
}

std::optional<std::string_view> unreachable(const address& a) {
  if (a.port == 0) return "port 0 is no destination";
  if (a.is_unspecified()) return "the unspecified address is no destination";
  if (a.is_v4()) {
    if (a.ip[12] == 169 && a.ip[13] == 254) return "169.254.0.0/16 is link-local";
    if (a.ip[12] >= 224) return "it is multicast, reserved or broadcast";
    if (a.ip[12] == 0) return "0.0.0.0/8 is no destination";
    return std::nullopt;
  }
  if (a.ip[0] == 0xff) return "it is multicast";
  if (a.ip[0] == 0xfe && (a.ip[1] & 0xc0) == 0x80) return "fe80::/10 is link-local";
  if (a.ip == metadata_v6) return "it is a cloud's metadata service";
  return std::nullopt;
}

}  // namespace oklog::cluster
