// Bytes of our formats: little-endian integers, LEB128 varints, and a reader that cannot run over
// the end. A bytes_reader that has once failed stays failed and returns zeros, so that a parser may
// read a whole header and ask ok() once.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace oklog {

template <class Int>
void put_int(std::string& out, Int value) {
  static_assert(std::is_unsigned_v<Int>);
  char raw[sizeof(Int)];
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    raw[i] = static_cast<char>((value >> (8 * i)) & 0xff);
  out.append(raw, sizeof(Int));
}

template <class Int>
void set_int(char* at, Int value) {
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    at[i] = static_cast<char>((value >> (8 * i)) & 0xff);
}

template <class Int>
Int get_int(const char* at) {
  Int value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    value =
        static_cast<Int>(value | (static_cast<Int>(static_cast<unsigned char>(at[i])) << (8 * i)));
  }
  return value;
}

inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

constexpr std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

class bytes_reader {
 public:
  explicit bytes_reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

  template <class Int>
  Int take_int() {
    const std::string_view raw = take(sizeof(Int));
    return ok_ ? get_int<Int>(raw.data()) : Int{0};
  }
  std::string_view take(std::size_t n) {
    if (!ok_ || n > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view head = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return head;
  }
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = take_int<std::uint8_t>();
      if (!ok_ || (shift == 63 && byte > 1)) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace oklog
