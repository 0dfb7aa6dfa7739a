// Case folding of ASCII: A-Z become a-z, every other byte stays as it is.
#pragma once

#include <string>
#include <string_view>

namespace oklog {

constexpr char fold_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

inline std::string fold_ascii(std::string_view bytes) {
  std::string folded(bytes);
  for (char& c : folded) c = fold_ascii(c);
  return folded;
}

}  // namespace oklog
