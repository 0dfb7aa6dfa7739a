#include "oklog/record/record.h"

#include <cstring>

#include "oklog/base/bytes.h"

namespace oklog {
namespace {

constexpr std::uint64_t digest_seed = 0x6f6b6c6f67;
constexpr std::size_t prefix_bytes = 20;
// Most lines are short: they are laid out behind their prefix and hashed in one go, which is
// several times faster than XXH3's streaming form.
constexpr std::size_t one_go_bytes_max = 2048;

void put_prefix(char* at, const record_view& r) {
  set_int(at, r.id.hi);
  set_int(at + 8, r.id.lo);
  set_int(at + 16, static_cast<std::uint32_t>(r.topic.size()));
}

hash128 hash_of(const record_view& r) {
  const std::size_t size = prefix_bytes + r.topic.size() + r.text.size();
  char raw[one_go_bytes_max];
  put_prefix(raw, r);
  if (size <= one_go_bytes_max) {
    char* at = raw + prefix_bytes;
    if (!r.topic.empty()) std::memcpy(at, r.topic.data(), r.topic.size());
    if (!r.text.empty()) std::memcpy(at + r.topic.size(), r.text.data(), r.text.size());
    return xxh3_128(std::string_view(raw, size), digest_seed);
  }
  hash128_stream h(digest_seed);
  h.update(std::string_view(raw, prefix_bytes));
  h.update(r.topic);
  h.update(r.text);
  return h.digest();
}

void plus(hash128& a, const hash128& b) {
  a.lo += b.lo;
  a.hi += b.hi + (a.lo < b.lo ? 1 : 0);
}

void minus(hash128& a, const hash128& b) {
  const std::uint64_t borrow = a.lo < b.lo ? 1 : 0;
  a.lo -= b.lo;
  a.hi -= b.hi + borrow;
}

}  // namespace

void set_digest::add(const record_view& r) {
  ++count;
  plus(sum, hash_of(r));
}

void set_digest::add(const set_digest& other) {
  count += other.count;
  plus(sum, other.sum);
}

void set_digest::subtract(const set_digest& other) {
  count -= other.count;
  minus(sum, other.sum);
}

}  // namespace oklog
