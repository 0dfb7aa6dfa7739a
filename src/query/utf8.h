// UTF-8 as the Unicode standard has it: no overlong forms, no surrogates, up to U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace oklog {

struct utf8_character {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0 where the text begins with none
};
// The character that begins `text`. REQUIRES: not empty.
utf8_character first_character(std::string_view text);

bool valid_utf8(std::string_view text);

}  // namespace oklog
