#include "oklog/record/topic_table.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "oklog/base/assert.h"
#include "oklog/base/hash.h"

namespace oklog {
namespace {

constexpr std::size_t slots_min = 64;

std::uint32_t mark_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

// The slot that holds it, or the free one where it would go. REQUIRES: slots.
std::size_t topic_table::place(std::uint64_t hash, std::string_view topic,
                               const std::vector<std::string>& topics) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].index_1 != 0 &&
         (slots_[at].mark != mark_of(hash) || topics[slots_[at].index_1 - 1] != topic)) {
    at = (at + 1) & mask;
  }
  return at;
}

std::optional<std::uint32_t> topic_table::find(std::string_view topic,
                                               const std::vector<std::string>& topics) const {
  if (slots_.empty()) return std::nullopt;
  const slot& found = slots_[place(xxh3_64(topic), topic, topics)];
  if (found.index_1 == 0) return std::nullopt;
  return found.index_1 - 1;
}

bool topic_table::add(const std::vector<std::string>& topics) {
  ASSERT(size_ < topics.size(), "a topic to add");
  if ((size_ + 1) * 2 > slots_.size()) grow(std::max(slots_min, slots_.size() * 2), topics);
  const std::string& topic = topics[size_++];
  const std::uint64_t hash = xxh3_64(topic);
  slot& at = slots_[place(hash, topic, topics)];
  if (at.index_1 != 0) return false;
  at = {mark_of(hash), static_cast<std::uint32_t>(size_)};
  return true;
}

void topic_table::reserve(std::size_t topics) {
  ASSERT(size_ == 0, "room is made before the first topic");
  slots_.assign(std::bit_ceil(std::max(slots_min, topics * 2)), slot{});
}

void topic_table::grow(std::size_t slots, const std::vector<std::string>& topics) {
  const std::vector<slot> old = std::exchange(slots_, std::vector<slot>(slots));
  for (const slot& s : old) {
    if (s.index_1 == 0) continue;
    const std::string& topic = topics[s.index_1 - 1];
    slots_[place(xxh3_64(topic), topic, topics)] = s;
  }
}

void topic_table::clear() {
  std::fill(slots_.begin(), slots_.end(), slot{});
  size_ = 0;
}

}  // namespace oklog
