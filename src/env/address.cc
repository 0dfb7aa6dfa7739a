#include "oklog/env/address.h"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

namespace oklog::env {
namespace {

struct scheme {
  std::string_view name;
  lookup_kind lookup;
};
constexpr std::array<scheme, 6> schemes{{{"tcp", lookup_kind::system},
                                         {"tcp+dns", lookup_kind::ip},
                                         {"tcp+dnsip", lookup_kind::ip},
                                         {"tcp+dnssrv", lookup_kind::service},
                                         {"dns+srv", lookup_kind::service},
                                         {"tcp+dnsaddr", lookup_kind::pointer}}};

error wrong(std::string_view text, std::string_view why) {
  return fail(errc::invalid, "\"" + std::string(text) + "\": " + std::string(why));
}

std::string lower(std::string_view text) {
  std::string s(text);
  for (char& c : s) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return s;
}

bool valid_host(std::string_view host) {
  for (const char c : host) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                      c == '_' || c == ':' || c == '%';
    if (!fine) return false;
  }
  return !host.empty();
}

result<std::uint16_t> parse_port(std::string_view text, std::string_view port) {
  std::uint16_t n = 0;
  const auto [at, bad] = std::from_chars(port.data(), port.data() + port.size(), n);
  if (bad == std::errc() && at == port.data() + port.size() && !port.empty()) return n;
  return wrong(text, "a port from 0 to 65535 was expected behind the colon");
}

// "host", "host:port", "[v6]", "[v6]:port", or a bare IPv6 address.
result<address> parse_host_port(std::string_view text, std::string_view rest,
                                std::uint16_t default_port) {
  address a;
  a.port = default_port;
  std::string_view port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == rest.npos) return wrong(text, "a closing bracket was expected");
    a.host = lower(rest.substr(1, close - 1));
    const std::string_view behind = rest.substr(close + 1);
    has_port = !behind.empty();
    if (has_port && behind.front() != ':')
      return wrong(text, "a colon was expected behind the bracket");
    if (has_port) port = behind.substr(1);
    boost::system::error_code bad;
    boost::asio::ip::make_address_v6(a.host, bad);
    if (bad) return wrong(text, "an IPv6 address was expected in the brackets");
  } else {
    const std::size_t colon = rest.find(':');
    const bool bare_v6 = colon != rest.npos && rest.find(':', colon + 1) != rest.npos;
    has_port = colon != rest.npos && !bare_v6;
    a.host = lower(has_port ? rest.substr(0, colon) : rest);
    if (has_port) port = rest.substr(colon + 1);
    if (bare_v6) {
      boost::system::error_code bad;
      boost::asio::ip::make_address_v6(a.host, bad);
      if (bad) return wrong(text, "an IPv6 address is written in brackets, such as [::1]:7650");
    }
  }
  if (!valid_host(a.host)) return wrong(text, "a host name or an IP address was expected");
  if (has_port) {
    TRY_LET(a.port, parse_port(text, port));
  }
  return a;
}

result<address> parse(std::string_view text, std::uint16_t default_port, bool http) {
  const std::size_t mark = text.find("://");
  lookup_kind lookup = lookup_kind::system;
  std::string_view rest = text;
  if (mark != text.npos) {
    const std::string name = lower(text.substr(0, mark));
    rest = text.substr(mark + 3);
    if (http && rest.ends_with('/')) rest.remove_suffix(1);
    std::optional<lookup_kind> known;
    for (const scheme& s : schemes) {
      if (s.name == name) known = s.lookup;
    }
    if (http && name == "http") known = lookup_kind::system;
    if (name.starts_with("udp")) return wrong(text, "lines travel over TCP: write tcp://");
    if (!known)
      return wrong(text, "a scheme such as tcp://, tcp+dns:// or tcp+dnssrv:// was expected");
    lookup = *known;
  }
  TRY_LET(address a, parse_host_port(text, rest, default_port));
  a.lookup = lookup;
  return a;
}

}  // namespace

std::string format(const address& a) {
  static constexpr std::string_view names[] = {"tcp", "tcp+dns", "tcp+dnssrv", "tcp+dnsaddr"};
  endpoint e;
  e.ip = a.host;
  e.port = a.port;
  return std::string(names[static_cast<std::size_t>(a.lookup)]) + "://" + format(e);
}

result<address> parse_address(std::string_view text, std::uint16_t default_port) {
  TRY_LET(address a, parse(text, default_port, false));
  if (a.port == 0) return wrong(text, "a port from 1 to 65535 was expected");
  return a;
}

result<address> parse_api_address(std::string_view text, std::uint16_t default_port) {
  TRY_LET(address a, parse(text, default_port, true));
  if (a.port == 0) return wrong(text, "a port from 1 to 65535 was expected");
  if (a.lookup != lookup_kind::system) return wrong(text, "host:port was expected");
  return a;
}

result<endpoint> parse_listen_address(std::string_view text, std::uint16_t default_port) {
  TRY_LET(const address a, parse(text, default_port, false));
  if (a.lookup != lookup_kind::system) return wrong(text, "tcp://ADDRESS:PORT was expected");
  endpoint at;
  at.ip = a.host == "localhost" ? "127.0.0.1" : a.host;
  at.port = a.port;
  boost::system::error_code bad;
  boost::asio::ip::make_address(at.ip, bad);
  if (bad) return wrong(text, "an IP address to listen on was expected, such as 0.0.0.0 or [::]");
  return at;
}

}  // namespace oklog::env
