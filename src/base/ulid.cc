#include "oklog/base/ulid.h"

#include <array>

namespace oklog {
namespace {

constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint8_t not_a_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_a_digit);
  for (std::uint8_t i = 0; i < 32; ++i) {
    const auto c = static_cast<unsigned char>(alphabet[i]);
    values[c] = i;
    if (c >= 'A') values[c - 'A' + 'a'] = i;
  }
  return values;
}
constexpr auto values = make_values();

}  // namespace

void format_ulid(const ulid& id, char* out) {
  std::uint64_t hi = id.hi;
  std::uint64_t lo = id.lo;
  for (int i = 25; i >= 0; --i) {
    out[i] = alphabet[lo & 31];
    lo = (lo >> 5) | (hi << 59);
    hi >>= 5;
  }
}

std::string format(const ulid& id) {
  std::string s(ulid::text_size, '0');
  format_ulid(id, s.data());
  return s;
}

result<ulid> parse_ulid(std::string_view text) {
  if (text.size() != ulid::text_size) {
    return fail(errc::invalid, "a ULID has 26 characters, not " + std::to_string(text.size()));
  }
  if (values[static_cast<unsigned char>(text[0])] > 7) {
    return fail(errc::invalid, "a ULID begins with a digit from 0 to 7");
  }
  ulid id;
  for (const char c : text) {
    const std::uint8_t v = values[static_cast<unsigned char>(c)];
    if (v == not_a_digit)
      return fail(errc::invalid, "a ULID has digits and the letters A-Z without I, L, O, U");
    id.hi = (id.hi << 5) | (id.lo >> 59);
    id.lo = (id.lo << 5) | v;
  }
  return id;
}

}  // namespace oklog
