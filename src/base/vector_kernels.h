// The inner loops of find_bytes.h, once for each kind of processor; chosen at the first use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace oklog {

inline constexpr std::size_t chunk_bytes = 64;

struct pair_bytes {
  const char* first;   // where the first byte would stand for the text's candidate 0
  const char* second;  // and the second one
  char first_byte;
  char second_byte;
  char first_mask;  // set in each byte before it is compared: 0x20 for either case
  char second_mask;
};

struct vector_kernels {
  // Goes over chunks of 64 candidates from candidate `at` on until one holds a candidate whose
  // bytes both stand; sets its bits. Returns the number of chunks before it: `chunks` for none.
  std::size_t (*skip_chunks)(const pair_bytes& pair, std::size_t at, std::size_t chunks,
                             std::uint64_t& bits);
  // Line feeds in `chunks` times 64 bytes.
  std::size_t (*count_line_feeds)(const char* at, std::size_t chunks);
};

const vector_kernels& kernels();

// For tests: every set that this processor can run, the plain one first.
struct kernel_choice {
  const char* name;
  vector_kernels kernels;
};
std::size_t available_kernels(kernel_choice (&out)[3]);

}  // namespace oklog
