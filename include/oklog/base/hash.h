// XXH3, the hash of everything that we write (https://github.com/Cyan4973/xxHash). Not
// cryptographic: it finds damage, not malice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oklog {

struct hash128 {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  friend constexpr auto operator<=>(const hash128&, const hash128&) = default;
};

std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed = 0);
hash128 xxh3_128(std::string_view bytes, std::uint64_t seed = 0);
std::string to_hex(const hash128& h);  // 32 lower-case digits, most significant first

// The 128-bit hash of a byte string that arrives in pieces.
class hash128_stream {
 public:
  explicit hash128_stream(std::uint64_t seed = 0);
  ~hash128_stream();
  hash128_stream(hash128_stream&&) noexcept;
  hash128_stream& operator=(hash128_stream&&) noexcept;
  void update(std::string_view bytes);
  hash128 digest() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace oklog
