#include "base/find_pair.h"

#include "base/vector_kernels.h"

namespace oklog {
namespace {

char either_case(bool letter) {
  return letter ? 0x20 : 0;
}

}  // namespace

pair_search::pair_search(std::string_view text, std::size_t from, std::size_t needle_size,
                         const rare_pair& pair)
    : text_(text.data()),
      at_(from),
      end_(text.size() < needle_size ? 0 : text.size() - needle_size + 1),
      pair_(pair) {}

// False at the end. REQUIRES: bits_ is 0.
bool pair_search::refill() {
  if (at_ >= end_) return false;
  const pair_bytes bytes{
      text_ + pair_.place[0], text_ + pair_.place[1],       pair_.byte[0],
      pair_.byte[1],          either_case(pair_.letter[0]), either_case(pair_.letter[1])};
  // A chunk of candidates reads no byte behind the last one's needle.
  if (end_ - at_ >= chunk_bytes) {
    const std::size_t chunks = (end_ - at_) / chunk_bytes;
    const std::size_t done = kernels().skip_chunks(bytes, at_, chunks, bits_);
    base_ = at_ + done * chunk_bytes;
    at_ = base_ + (done < chunks ? chunk_bytes : 0);
    return true;
  }
  base_ = at_;
  bits_ = compare_tail();
  at_ = end_;
  return true;
}

std::uint64_t pair_search::compare_tail() {
  const char mask0 = either_case(pair_.letter[0]);
  const char mask1 = either_case(pair_.letter[1]);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; at_ + i < end_; ++i) {
    const char* const at = text_ + at_ + i;
    if (static_cast<char>(at[pair_.place[0]] | mask0) == pair_.byte[0] &&
        static_cast<char>(at[pair_.place[1]] | mask1) == pair_.byte[1]) {
      bits |= std::uint64_t{1} << i;
    }
  }
  return bits;
}

}  // namespace oklog
