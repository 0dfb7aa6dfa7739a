// What HTTP messages are to us: plain values, decoded once and checked strictly before anybody sees
// them. Header names are compared without case; the order of headers and parameters is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/env/net.h"

namespace oklog::http {

inline constexpr std::string_view plain_text = "text/plain; charset=utf-8";

// One bit each, so that a route can hold a set of them. TRACE, CONNECT and anything unknown never
// get as far as a request: they are answered with 405.
enum class method : std::uint8_t {
  get = 1,
  head = 2,
  post = 4,
  put = 8,
  del = 16,
  patch = 32,
  options = 64,
};
std::string_view name(method m);
std::optional<method> parse_method(std::string_view token);

// The methods of a route: allow(method::get, method::head).
class method_set {
 public:
  constexpr method_set() = default;
  constexpr method_set(method m) : bits_(static_cast<unsigned>(m)) {}
  constexpr bool has(method m) const { return (bits_ & static_cast<unsigned>(m)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr method_set operator|(method_set other) const {
    method_set both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }

 private:
  unsigned bits_ = 0;
};
constexpr method_set operator|(method a, method b) {
  return method_set(a) | method_set(b);
}
// As the Allow header has it: "GET, HEAD".
std::string format(method_set methods);

struct header {
  std::string name;
  std::string value;
  friend bool operator==(const header&, const header&) = default;
};
using header_list = std::vector<header>;

bool same_name(std::string_view a, std::string_view b);
// The first one of that name; it points into `headers`.
std::optional<std::string_view> find(const header_list& headers, std::string_view name);

struct parameter {
  std::string name;
  std::string value;
  friend bool operator==(const parameter&, const parameter&) = default;
};

struct request {
  http::method method = http::method::get;
  std::string path;              // percent-decoded; begins with '/'; no "//", "." or ".." segments
  std::string target;            // as it came, with the query string
  std::vector<parameter> query;  // form-decoded ('+' is a space); any bytes
  header_list headers;
  std::string body;
  env::endpoint remote;
  bool http10 = false;

  std::optional<std::string_view> header(std::string_view header_name) const {
    return find(headers, header_name);
  }
  // The first of that name; nullopt where there is none ("?x" has x, with an empty value).
  std::optional<std::string_view> param(std::string_view parameter_name) const;
};

struct response_head {
  unsigned status = 0;
  header_list headers;

  std::optional<std::string_view> header(std::string_view header_name) const {
    return find(headers, header_name);
  }
};

}  // namespace oklog::http
