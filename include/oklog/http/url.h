// Addresses in text: percent and form encoding, request targets, and the URLs that a client is
// given. Strict: an escape is '%' and two hexadecimal digits, or the whole text is invalid. The
// sentences of errors never repeat what was parsed, since a server sends them back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/http/message.h"

namespace oklog::http {

// "%41" is "A". Error: invalid (a broken escape).
result<std::string> percent_decode(std::string_view text);
// The same with '+' for a space.
result<std::string> form_decode(std::string_view text);
// Everything but letters, digits and "-._~" is escaped.
std::string percent_encode(std::string_view bytes);

// "a=1&b&c=x+y"; a name without '=' has an empty value, empty pieces are skipped.
result<std::vector<parameter>> parse_query(std::string_view text);
// The reverse: "a=1&b=&c=x%20y".
std::string format_query(const std::vector<parameter>& parameters);

struct target {
  std::string path;
  std::vector<parameter> query;
};
// A request's target in origin form. Error: invalid, for anything that two readers could understand
// differently: absolute form, '#', "//", "." and ".." segments (also escaped), a backslash, an
// escaped slash, control bytes and NUL in the path.
result<target> parse_target(std::string_view text);

struct url {
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 80;
  std::string target;  // "/path?query", as it is to be sent

  // As the Host header has it: the port only where it is not 80.
  std::string authority() const;
};
// "http://host:port/path?query", "http://[::1]:7650". Error: invalid, naming what was expected.
result<url> parse_url(std::string_view text);

}  // namespace oklog::http
