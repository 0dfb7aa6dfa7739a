#include "oklog/base/find_bytes.h"

#include <algorithm>
#include <cstring>

#include "base/byte_ranks.h"
#include "base/find_pair.h"
#include "base/vector_kernels.h"

namespace oklog {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_letter(char folded) {
  return folded >= 'a' && folded <= 'z';
}

// Of a byte that is searched for in both cases.
unsigned rank(char c, bool fold) {
  if (!fold || !is_letter(c)) return byte_rank(c);
  return std::max(byte_rank(c), byte_rank(static_cast<char>(c - 'a' + 'A')));
}

}  // namespace

bool all_ascii(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  const char* at = text.data();
  std::size_t left = text.size();
  // Sums of a run at once, so that the loop becomes vector code; a run ends the search early.
  for (; left >= 1024; at += 1024, left -= 1024) {
    std::uint64_t words[128];
    std::memcpy(words, at, sizeof(words));
    std::uint64_t seen = 0;
    for (const std::uint64_t w : words) seen |= w;
    if ((seen & high_bits) != 0) return false;
  }
  unsigned seen = 0;
  for (; left > 0; ++at, --left) seen |= static_cast<unsigned char>(*at);
  return seen < 0x80;
}

std::uint32_t count_line_feeds(std::string_view text) {
  const std::size_t chunks = text.size() / 64;
  std::size_t total = kernels().count_line_feeds(text.data(), chunks);
  for (const char c : text.substr(chunks * 64)) total += c == '\n' ? 1 : 0;
  return static_cast<std::uint32_t>(total);
}

byte_finder::byte_finder(std::string needle, bool fold)
    : needle_(fold ? fold_ascii(std::string_view(needle)) : std::move(needle)), fold_(fold) {
  if (needle_.empty()) return;
  std::size_t first = 0;
  for (std::size_t i = 1; i < needle_.size(); ++i) {
    if (rank(needle_[i], fold) < rank(needle_[first], fold)) first = i;
  }
  // Another byte than the first, where there is one: equal bytes come in runs.
  std::size_t second = first;
  for (std::size_t i = 0; i < needle_.size(); ++i) {
    if (i == first) continue;
    const bool better = second == first || rank(needle_[i], fold) < rank(needle_[second], fold);
    const bool same = needle_[i] == needle_[first];
    const bool had_other = second != first && needle_[second] != needle_[first];
    if (same ? second == first : better || !had_other) second = i;
  }
  rare_ = {std::min(first, second), std::max(first, second)};
  commonness_ = rank(needle_[first], fold) + rank(needle_[second], fold);
}

bool byte_finder::stands_at(const char* at) const {
  if (!fold_) return std::memcmp(at, needle_.data(), needle_.size()) == 0;
  for (std::size_t i = 0; i < needle_.size(); ++i) {
    if (fold_ascii(at[i]) != needle_[i]) return false;
  }
  return true;
}

std::size_t byte_finder::find(std::string_view text, std::size_t from) const {
  if (needle_.empty()) return from;
  if (text.size() - from < needle_.size()) return npos;
  if (needle_.size() == 1 && !(fold_ && is_letter(needle_[0]))) {
    const void* at = std::memchr(text.data() + from, needle_[0], text.size() - from);
    return at == nullptr ? npos
                         : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
  }
  const rare_pair pair{
      {rare_[0], rare_[1]},
      {needle_[rare_[0]], needle_[rare_[1]]},
      {fold_ && is_letter(needle_[rare_[0]]), fold_ && is_letter(needle_[rare_[1]])}};
  pair_search search(text, from, needle_.size(), pair);
  // What false candidates may cost: about as much as the search itself.
  std::size_t spent = 0;
  while (true) {
    const std::size_t at = search.next();
    if (at == npos) return npos;
    if (stands_at(text.data() + at)) return at;
    spent += 16 + needle_.size() / 4;
    if (spent > 1024 + (at - from)) return find_plainly(text, at + 1);
  }
}

std::size_t byte_finder::find_plainly(std::string_view text, std::size_t from) const {
  if (fold_) return find_folded_plainly(text, from);
  const void* at = memmem(text.data() + from, text.size() - from, needle_.data(), needle_.size());
  return at == nullptr ? npos
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

// Folds piece by piece and searches there: pieces grow, so that a near hit costs little.
std::size_t byte_finder::find_folded_plainly(std::string_view text, std::size_t from) const {
  std::string folded;
  std::size_t size = needle_.size() + 512;
  while (text.size() - from >= needle_.size()) {
    folded = fold_ascii(text.substr(from, size));
    const void* at = memmem(folded.data(), folded.size(), needle_.data(), needle_.size());
    if (at != nullptr) {
      return from + static_cast<std::size_t>(static_cast<const char*>(at) - folded.data());
    }
    if (text.size() - from <= size) break;
    from += size - needle_.size() + 1;
    size *= 2;
  }
  return npos;
}

}  // namespace oklog
