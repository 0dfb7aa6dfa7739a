#include "oklog/query/terminal.h"

#include <algorithm>
#include <cstdio>

#include "query/utf8.h"

namespace oklog {
namespace {

bool plain(char c) {
  return c >= 0x20 && c < 0x7f;
}

void append_hex_byte(std::string& out, char c) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\x%02x",
                static_cast<unsigned>(static_cast<unsigned char>(c)));
  out += buffer;
}

void append_code(std::string& out, char32_t code) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "\\u{%x}", static_cast<unsigned>(code));
  out += buffer;
}

bool hidden_or_dangerous(char32_t c) {
  return (c >= 0x80 && c <= 0x9f)          // C1
         || c == 0x61c                     // Arabic letter mark
         || (c >= 0x200e && c <= 0x200f)   // left-to-right and right-to-left mark
         || (c >= 0x2028 && c <= 0x202e)   // line and paragraph separator, embeddings, overrides
         || (c >= 0x2066 && c <= 0x2069);  // isolates
}

// The length of the colour sequence that begins `text`; 0 where none does.
std::size_t colour_sequence(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

// Appends the first character of `text` in its safe form; how many bytes it had.
std::size_t append_first(std::string& out, std::string_view text) {
  const utf8_character c = first_character(text);
  if (c.size == 0 || c.code < 0x20 || c.code == 0x7f) {
    append_hex_byte(out, text[0]);
    return 1;
  }
  if (hidden_or_dangerous(c.code)) {
    append_code(out, c.code);
  } else {
    out.append(text, 0, c.size);
  }
  return c.size;
}

std::size_t plain_prefix(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && plain(text[n])) ++n;
  return n;
}

// Appends what begins `text` in its safe form, at most `plain_max` plain characters; how many bytes
// that was.
std::size_t append_some(std::string& out, std::string_view text, std::size_t plain_max) {
  const std::size_t n = plain_prefix(text.substr(0, plain_max));
  out.append(text, 0, n);
  if (n > 0) return n;
  if (text[0] == '\t') {
    out += '\t';
    return 1;
  }
  const std::size_t colour = colour_sequence(text);
  return colour > 0 ? colour : append_first(out, text);
}

}  // namespace

void append_printable(std::string& out, std::string_view line) {
  append_printable(out, line, {}, {}, {});
}

void append_printable(std::string& out, std::string_view line, const std::vector<text_span>& marked,
                      std::string_view on, std::string_view off) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto next = marked.begin();
  bool inside = false;
  std::size_t at = 0;
  while (at < line.size()) {
    if (inside && next->end <= at) {
      out += off;
      inside = false;
      ++next;
    }
    while (!inside && next != marked.end() && next->end <= at) ++next;
    if (!inside && next != marked.end() && next->begin <= at) {
      out += on;
      inside = true;
    }
    const std::size_t border = next == marked.end() ? line.size()
                               : inside             ? std::min(next->end, line.size())
                                                    : std::min(next->begin, line.size());
    at += append_some(out, line.substr(at), border > at ? border - at : 1);
  }
  if (inside) out += off;
}

std::string printable(std::string_view line) {
  std::string out;
  append_printable(out, line);
  return out;
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty() && out.size() < bytes_max) {
    std::size_t n = plain_prefix(text.substr(0, bytes_max - out.size()));
    out.append(text, 0, n);
    if (n == 0) n = append_first(out, text);
    text.remove_prefix(n);
  }
  if (!text.empty()) out += "...";
  return out;
}

}  // namespace oklog
