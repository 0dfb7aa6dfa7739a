#include "base/vector_kernels.h"

#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace oklog {
namespace {

std::size_t skip_plain(const pair_bytes& p, std::size_t at, std::size_t chunks,
                       std::uint64_t& bits) {
  bits = 0;
  for (std::size_t n = 0; n < chunks; ++n, at += chunk_bytes) {
    for (std::size_t i = 0; i < chunk_bytes; ++i) {
      const bool both = static_cast<char>(p.first[at + i] | p.first_mask) == p.first_byte &&
                        static_cast<char>(p.second[at + i] | p.second_mask) == p.second_byte;
      bits |= static_cast<std::uint64_t>(both) << i;
    }
    if (bits != 0) return n;
  }
  return chunks;
}

std::size_t count_plain(const char* at, std::size_t chunks) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < chunks * chunk_bytes; ++i) total += at[i] == '\n' ? 1 : 0;
  return total;
}

#ifdef __x86_64__

__m128i load16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

std::size_t skip_sse2(const pair_bytes& p, std::size_t at, std::size_t chunks,
                      std::uint64_t& bits) {
  const __m128i byte0 = _mm_set1_epi8(p.first_byte), byte1 = _mm_set1_epi8(p.second_byte);
  const __m128i mask0 = _mm_set1_epi8(p.first_mask), mask1 = _mm_set1_epi8(p.second_mask);
  for (std::size_t n = 0; n < chunks; ++n, at += chunk_bytes) {
    __m128i both[4];
    for (std::size_t k = 0; k < 4; ++k) {
      const __m128i a = _mm_or_si128(load16(p.first + at + 16 * k), mask0);
      const __m128i b = _mm_or_si128(load16(p.second + at + 16 * k), mask1);
      both[k] = _mm_and_si128(_mm_cmpeq_epi8(a, byte0), _mm_cmpeq_epi8(b, byte1));
    }
    const __m128i any =
        _mm_or_si128(_mm_or_si128(both[0], both[1]), _mm_or_si128(both[2], both[3]));
    if (_mm_movemask_epi8(any) == 0) [[likely]]
      continue;
    bits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(both[k]));
      bits |= static_cast<std::uint64_t>(mask) << (16 * k);
    }
    return n;
  }
  bits = 0;
  return chunks;
}

std::size_t count_sse2(const char* at, std::size_t chunks) {
  const __m128i feed = _mm_set1_epi8('\n');
  __m128i total = _mm_setzero_si128();
  for (std::size_t n = 0; n < chunks; ++n, at += chunk_bytes) {
    __m128i found = _mm_setzero_si128();
    for (std::size_t k = 0; k < 4; ++k) {
      found = _mm_sub_epi8(found, _mm_cmpeq_epi8(load16(at + 16 * k), feed));
    }
    total = _mm_add_epi64(total, _mm_sad_epu8(found, _mm_setzero_si128()));
  }
  return static_cast<std::size_t>(_mm_cvtsi128_si64(total)) +
         static_cast<std::size_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(total, total)));
}

__attribute__((target("avx2"))) inline __m256i load32(const char* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

__attribute__((target("avx2"))) std::size_t skip_avx2(const pair_bytes& p, std::size_t at,
                                                      std::size_t chunks, std::uint64_t& bits) {
  const __m256i byte0 = _mm256_set1_epi8(p.first_byte), byte1 = _mm256_set1_epi8(p.second_byte);
  const __m256i mask0 = _mm256_set1_epi8(p.first_mask), mask1 = _mm256_set1_epi8(p.second_mask);
  for (std::size_t n = 0; n < chunks; ++n, at += chunk_bytes) {
    const __m256i a0 = _mm256_or_si256(load32(p.first + at), mask0);
    const __m256i b0 = _mm256_or_si256(load32(p.second + at), mask1);
    const __m256i a1 = _mm256_or_si256(load32(p.first + at + 32), mask0);
    const __m256i b1 = _mm256_or_si256(load32(p.second + at + 32), mask1);
    const __m256i low =
        _mm256_and_si256(_mm256_cmpeq_epi8(a0, byte0), _mm256_cmpeq_epi8(b0, byte1));
    const __m256i high =
        _mm256_and_si256(_mm256_cmpeq_epi8(a1, byte0), _mm256_cmpeq_epi8(b1, byte1));
    const __m256i any = _mm256_or_si256(low, high);
    if (_mm256_testz_si256(any, any)) [[likely]]
      continue;
    bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
    return n;
  }
  bits = 0;
  return chunks;
}

__attribute__((target("avx2"))) std::size_t count_avx2(const char* at, std::size_t chunks) {
  const __m256i feed = _mm256_set1_epi8('\n');
  const __m256i zero = _mm256_setzero_si256();
  __m256i total = zero;
  for (std::size_t n = 0; n < chunks; ++n, at += chunk_bytes) {
    const __m256i found = _mm256_add_epi8(_mm256_cmpeq_epi8(load32(at), feed),
                                          _mm256_cmpeq_epi8(load32(at + 32), feed));
    total = _mm256_add_epi64(total, _mm256_sad_epu8(_mm256_sub_epi8(zero, found), zero));
  }
  alignas(32) std::uint64_t sums[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(sums), total);
  return sums[0] + sums[1] + sums[2] + sums[3];
}

#endif

}  // namespace

std::size_t available_kernels(kernel_choice (&out)[3]) {
  out[0] = {"plain", {skip_plain, count_plain}};
#ifdef __x86_64__
  out[1] = {"SSE2", {skip_sse2, count_sse2}};
  if (!__builtin_cpu_supports("avx2")) return 2;
  out[2] = {"AVX2", {skip_avx2, count_avx2}};
  return 3;
#else
  return 1;
#endif
}

const vector_kernels& kernels() {
  static const vector_kernels best = [] {
    kernel_choice all[3];
    return all[available_kernels(all) - 1].kernels;
  }();
  return best;
}

}  // namespace oklog
