#include "oklog/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "oklog/base/assert.h"

namespace oklog {

struct hash128_stream::state {
  XXH3_state_t xxh;
};

std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

hash128 xxh3_128(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {h.high64, h.low64};
}

std::string to_hex(const hash128& h) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string s(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    s[i] = digits[(h.hi >> (60 - 4 * i)) & 15];
    s[16 + i] = digits[(h.lo >> (60 - 4 * i)) & 15];
  }
  return s;
}

hash128_stream::hash128_stream(std::uint64_t seed) : state_(std::make_unique<state>()) {
  const auto reset = XXH3_128bits_reset_withSeed(&state_->xxh, seed);
  ASSERT(reset == XXH_OK, "xxh3 reset");
}
hash128_stream::~hash128_stream() = default;
hash128_stream::hash128_stream(hash128_stream&&) noexcept = default;
hash128_stream& hash128_stream::operator=(hash128_stream&&) noexcept = default;

void hash128_stream::update(std::string_view bytes) {
  const auto updated = XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
  ASSERT(updated == XXH_OK, "xxh3 update");
}

hash128 hash128_stream::digest() const {
  const XXH128_hash_t h = XXH3_128bits_digest(&state_->xxh);
  return {h.high64, h.low64};
}

}  // namespace oklog
