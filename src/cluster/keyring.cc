#include "oklog/cluster/keyring.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

namespace oklog::cluster {

secret::~secret() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

namespace {

// 32 bytes are 42 characters of six bits, one of four, and a pad.
constexpr std::size_t text_size = 44;

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  const auto begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

// Nothing where it is not the one way to write 32 bytes.
std::optional<secret> decode(std::string_view text) {
  if (text.size() != text_size || text.back() != '=') return std::nullopt;
  secret out;
  std::uint32_t bits = 0;
  unsigned have = 0;
  std::size_t at = 0;
  for (const char c : text.substr(0, text_size - 1)) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xfff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out.data()[at++] = static_cast<std::uint8_t>(bits >> have);
  }
  if ((bits & 3) != 0) return std::nullopt;  // the two bits that are left over
  return out;
}

}  // namespace

result<keyring> keyring::parse(std::string_view text) {
  keyring out;
  out.keys_.reserve(keys_max);  // so that no key is left behind by a growing vector
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto key = decode(line);
    const std::string where = "line " + std::to_string(number) + ": ";
    if (!key) {
      return fail(errc::invalid, where + "expected a key of 32 bytes in base64 (" +
                                     std::to_string(text_size) + " characters, the last one =), " +
                                     "got something else of " + std::to_string(line.size()) +
                                     " characters");
    }
    if (std::ranges::find(out.keys_, *key) != out.keys_.end()) continue;
    if (out.keys_.size() == keys_max) {
      return fail(errc::invalid, where + "expected at most " + std::to_string(keys_max) + " keys");
    }
    out.keys_.push_back(*key);
  }
  if (out.keys_.empty()) {
    return fail(errc::invalid, "expected at least one line with a key of 32 bytes in base64");
  }
  return out;
}

}  // namespace oklog::cluster
