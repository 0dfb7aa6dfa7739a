#include "api/hex.h"

#include <charconv>

namespace oklog::api {

std::optional<hash128> parse_hash128(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  hash128 h;
  const char* const middle = text.data() + 16;
  const char* const end = text.data() + 32;
  const auto high = std::from_chars(text.data(), middle, h.hi, 16);
  const auto low = std::from_chars(middle, end, h.lo, 16);
  if (high.ec != std::errc() || high.ptr != middle) return std::nullopt;
  if (low.ec != std::errc() || low.ptr != end) return std::nullopt;
  return h;
}

}  // namespace oklog::api
