#include "oklog/http/url.h"

#include <algorithm>

namespace oklog::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
      continue;
    }
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0) return fail(errc::invalid, "'%' must be followed by two hexadecimal digits");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

// Of a decoded path: whatever could mean another path to another reader.
result<> check_path(std::string_view path) {
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return fail(errc::invalid, "the path has a control byte");
    if (c == '\\') return fail(errc::invalid, "the path has a backslash");
  }
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    if (segment.empty() && end < path.size()) return fail(errc::invalid, "the path has '//'");
    if (segment == "." || segment == "..") {
      return fail(errc::invalid, "the path has a '.' or '..' segment");
    }
    at = end;
  }
  return {};
}

bool has_escaped_slash(std::string_view raw) {
  for (std::size_t at = raw.find('%'); at != raw.npos; at = raw.find('%', at + 1)) {
    const std::string_view escape = raw.substr(at, 3);
    if (escape == "%2f" || escape == "%2F") return true;
  }
  return false;
}

result<std::uint16_t> parse_port(std::string_view digits) {
  unsigned port = 0;
  const bool all_digits =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (all_digits && !digits.empty() && digits.size() <= 5) {
    for (const char c : digits) port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (port == 0 || port > 65535) return fail(errc::invalid, "a port is a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

bool valid_host(std::string_view host, bool bracketed) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    return unreserved(c) || (bracketed && (c == ':' || c == '%'));
  });
}

}  // namespace

result<std::string> percent_decode(std::string_view text) {
  return decode(text, false);
}
result<std::string> form_decode(std::string_view text) {
  return decode(text, true);
}

std::string percent_encode(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    if (unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

result<std::vector<parameter>> parse_query(std::string_view text) {
  std::vector<parameter> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    TRY_LET(std::string name, form_decode(piece.substr(0, equals)));
    TRY_LET(std::string value, form_decode(piece.substr(std::min(equals + 1, piece.size()))));
    out.push_back({std::move(name), std::move(value)});
  }
  return out;
}

std::string format_query(const std::vector<parameter>& parameters) {
  std::string out;
  for (const auto& p : parameters) {
    if (!out.empty()) out.push_back('&');
    out += percent_encode(p.name) + "=" + percent_encode(p.value);
  }
  return out;
}

result<target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') {
    return fail(errc::invalid, "the request target must begin with '/'");
  }
  if (text.find('#') != text.npos) return fail(errc::invalid, "the request target has a '#'");
  const std::size_t mark = std::min(text.find('?'), text.size());
  const std::string_view raw_path = text.substr(0, mark);
  if (has_escaped_slash(raw_path)) return fail(errc::invalid, "the path has an escaped slash");
  target out;
  TRY_LET(out.path, percent_decode(raw_path));
  TRY(check_path(out.path));
  TRY_LET(out.query, parse_query(text.substr(std::min(mark + 1, text.size()))));
  return out;
}

std::string url::authority() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == 80 ? name : name + ":" + std::to_string(port);
}

result<url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!same_name(text.substr(0, scheme.size()), scheme)) {
    return fail(errc::invalid, "a URL must begin with http://");
  }
  text.remove_prefix(scheme.size());
  const std::size_t slash = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, slash);
  url out;
  out.target = text.substr(slash);
  if (out.target.empty() || out.target.front() != '/') out.target.insert(0, "/");
  const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::all_of(out.target.begin(), out.target.end(), printable)) {
    return fail(errc::invalid, "a URL's path must be percent-encoded");
  }
  const bool bracketed = !authority.empty() && authority.front() == '[';
  const std::size_t host_end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == authority.npos) return fail(errc::invalid, "']' is missing after the address");
  const std::size_t skip = bracketed ? 1 : 0;
  out.host = authority.substr(skip, host_end - skip);
  authority.remove_prefix(host_end + skip);
  if (!valid_host(out.host, bracketed)) {
    return fail(errc::invalid, "a URL needs a host name or an IP address");
  }
  if (authority.empty()) return out;
  if (authority.front() != ':') return fail(errc::invalid, "after the host ':port' was expected");
  TRY_LET(out.port, parse_port(authority.substr(1)));
  return out;
}

}  // namespace oklog::http
