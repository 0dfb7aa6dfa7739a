#include "query/utf8.h"

#include <cstdint>
#include <cstring>

namespace oklog {
namespace {

struct lead {
  std::size_t size;
  char32_t bits;
  char32_t lowest;  // a smaller code would be overlong
};

lead read_lead(unsigned char c) {
  if (c < 0x80) return {1, c, 0};
  if ((c & 0xe0) == 0xc0) return {2, c & 0x1fu, 0x80};
  if ((c & 0xf0) == 0xe0) return {3, c & 0x0fu, 0x800};
  if ((c & 0xf8) == 0xf0) return {4, c & 0x07u, 0x10000};
  return {0, 0, 0};
}

}  // namespace

utf8_character first_character(std::string_view text) {
  const lead first = read_lead(static_cast<unsigned char>(text[0]));
  if (first.size == 0 || first.size > text.size()) return {};
  char32_t code = first.bits;
  for (std::size_t i = 1; i < first.size; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xc0) != 0x80) return {};
    code = (code << 6) | (c & 0x3fu);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < first.lowest || code > 0x10ffff || surrogate) return {};
  return {code, first.size};
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    while (text.size() >= 8) {  // log lines are mostly ASCII
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      if ((word & 0x8080808080808080ULL) != 0) break;
      text.remove_prefix(8);
    }
    if (text.empty()) break;
    const std::size_t size = first_character(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace oklog
