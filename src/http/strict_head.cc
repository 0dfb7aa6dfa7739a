#include "http/strict_head.h"

#include <algorithm>

#include "oklog/http/url.h"

namespace oklog::http {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}

bool is_text(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts the first line off. Every line of a scanned head ends with CR LF.
std::string_view cut_line(std::string_view& head) {
  const std::size_t end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(end + 2, head.size()));
  return line;
}

// What the fields say about framing and origin. Pointers into the head.
struct notable_fields {
  std::optional<std::string_view> host, length, encoding, expect, origin;
  bool upgrade = false;
};

std::optional<refusal> note(std::optional<std::string_view>& slot, std::string_view value,
                            std::string_view sentence) {
  if (slot) return refusal{400, sentence};
  slot = value;
  return std::nullopt;
}

std::optional<refusal> note_field(notable_fields& fields, std::string_view name,
                                  std::string_view value) {
  if (same_name(name, "Host")) return note(fields.host, value, "Host is given twice");
  if (same_name(name, "Content-Length")) {
    return note(fields.length, value, "Content-Length is given twice");
  }
  if (same_name(name, "Transfer-Encoding")) {
    return note(fields.encoding, value, "Transfer-Encoding is given twice");
  }
  if (same_name(name, "Expect")) return note(fields.expect, value, "Expect is given twice");
  if (same_name(name, "Origin")) return note(fields.origin, value, "Origin is given twice");
  if (same_name(name, "Upgrade")) fields.upgrade = true;
  return std::nullopt;
}

std::optional<refusal> read_fields(std::string_view rest, std::size_t fields_max,
                                   notable_fields& fields) {
  for (std::size_t count = 0;; ++count) {
    const std::string_view line = cut_line(rest);
    if (line.empty()) return std::nullopt;
    if (count == fields_max) return refusal{431, "there are too many headers"};
    if (line.front() == ' ' || line.front() == '\t') {
      return refusal{400, "a header is continued on a second line"};
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon))) {
      return refusal{400, "a header is not 'name: value'"};
    }
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_text(value)) return refusal{400, "a header has a control byte"};
    const auto refused = note_field(fields, line.substr(0, colon), value);
    if (refused) return refused;
  }
}

std::optional<refusal> check_framing(const notable_fields& fields, bool http10) {
  if (fields.length && fields.encoding) {
    return refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (fields.length) {
    const std::string_view digits = *fields.length;
    if (digits.empty() || digits.size() > 18 ||
        !std::all_of(digits.begin(), digits.end(), is_digit)) {
      return refusal{400, "Content-Length is not a number"};
    }
  }
  if (fields.encoding && (http10 || !same_name(*fields.encoding, "chunked"))) {
    return refusal{400, "the only transfer encoding is 'chunked', in HTTP/1.1"};
  }
  return std::nullopt;
}

struct authority {
  std::string_view host, port;
};

authority split_authority(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == text.npos ? 0 : bracket);
  if (colon == text.npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool valid_authority(std::string_view text) {
  const auto [host, port] = split_authority(text);
  constexpr std::string_view marks = "-._~[]:%";
  return !host.empty() && std::all_of(port.begin(), port.end(), is_digit) && port.size() <= 5 &&
         std::all_of(host.begin(), host.end(), [&](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  marks.find(c) != marks.npos;
         });
}

// A page of another site, or one that hides where it is from, has no business here.
bool same_origin(std::string_view origin, std::string_view host) {
  const std::size_t colon = origin.find("://");
  if (colon == origin.npos) return false;
  const std::string_view scheme = origin.substr(0, colon);
  if (!same_name(scheme, "http") && !same_name(scheme, "https")) return false;
  const std::string_view default_port = same_name(scheme, "https") ? "443" : "80";
  authority theirs = split_authority(origin.substr(colon + 3));
  authority ours = split_authority(host);
  if (theirs.port.empty()) theirs.port = default_port;
  if (ours.port.empty()) ours.port = default_port;
  return same_name(theirs.host, ours.host) && theirs.port == ours.port;
}

std::optional<refusal> check_host(const notable_fields& fields, bool http10,
                                  const server_limits& limits) {
  if (!fields.host && !http10) return refusal{400, "Host is missing"};
  if (fields.host && !valid_authority(*fields.host)) return refusal{400, "Host is not valid"};
  if (!limits.hosts.empty()) {
    const std::string_view host = fields.host ? split_authority(*fields.host).host : "";
    const bool known = std::any_of(limits.hosts.begin(), limits.hosts.end(),
                                   [&](const std::string& h) { return same_name(h, host); });
    if (!known) return refusal{421, "this host name is not served here"};
  }
  if (fields.origin && !same_origin(*fields.origin, fields.host.value_or(""))) {
    return refusal{403, "requests from pages of other sites are refused"};
  }
  return std::nullopt;
}

std::optional<refusal> check_version(std::string_view version) {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
  const bool plausible = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                         is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (plausible) return refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return refusal{400, "this is not a request of HTTP"};
}

// `line` is "METHOD target HTTP/1.x"; nothing else, one space between.
std::optional<refusal> check_request_line(std::string_view line, const server_limits& limits) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::size_t last = line.rfind(' ');
  if (first == line.size() || last == first || !is_token(line.substr(0, first))) {
    return refusal{400, "this is not a request of HTTP"};
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const auto version = check_version(line.substr(last + 1));
  if (version) return version;
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (target.empty() || !std::all_of(target.begin(), target.end(), visible)) {
    return refusal{400, "the request target must be percent-encoded"};
  }
  if (target.size() > limits.target_bytes) return refusal{414, "the request target is too long"};
  if (!parse_method(line.substr(0, first))) return refusal{405, "this method is not served here"};
  return std::nullopt;
}

}  // namespace

head_scan::verdict head_scan::look(std::string_view in) {
  for (; at_ < in.size(); ++at_) {
    if (at_ >= limit_) {
      return first_line_ended_ ? verdict::too_long : verdict::too_long_first_line;
    }
    const char c = in[at_];
    const bool after_cr = at_ > 0 && in[at_ - 1] == '\r';
    if (c == '\0') return verdict::nul;
    if ((c == '\n') != after_cr) return verdict::bad_line_ending;
    if (c != '\n') continue;
    if (at_ >= 3 && in[at_ - 2] == '\n') {
      ++at_;
      return verdict::complete;
    }
    first_line_ended_ = true;
  }
  return verdict::more;
}

refusal as_refusal(head_scan::verdict v) {
  switch (v) {
    case head_scan::verdict::too_long:
      return {431, "the headers are too long"};
    case head_scan::verdict::too_long_first_line:
      return {414, "the request target is too long"};
    case head_scan::verdict::nul:
      return {400, "a zero byte has no place in a request's head"};
    default:
      return {400, "lines must end with CR LF"};
  }
}

std::optional<refusal> refuse_request(std::string_view head, const server_limits& limits) {
  const std::string_view line = cut_line(head);
  auto refused = check_request_line(line, limits);
  if (refused) return refused;
  notable_fields fields;
  refused = read_fields(head, limits.headers, fields);
  if (refused) return refused;
  const bool http10 = line.substr(line.size() - 8) == "HTTP/1.0";
  refused = check_framing(fields, http10);
  if (refused) return refused;
  refused = check_host(fields, http10, limits);
  if (refused) return refused;
  if (fields.expect && !same_name(*fields.expect, "100-continue")) {
    return refusal{417, "the only expectation that can be met is 100-continue"};
  }
  if (fields.upgrade) return refusal{400, "there is no other protocol to upgrade to"};
  return std::nullopt;
}

bool accept_response(std::string_view head) {
  constexpr std::size_t fields_max = 1000;
  const std::string_view line = cut_line(head);
  notable_fields fields;
  return is_text(line) && !read_fields(head, fields_max, fields) && !check_framing(fields, false);
}

}  // namespace oklog::http
