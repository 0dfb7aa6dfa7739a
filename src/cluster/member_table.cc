#include "oklog/cluster/member_table.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"

namespace oklog::cluster {
namespace {

std::size_t hash(const ulid& id) {
  std::uint64_t x = (id.hi ^ (id.lo * 0x9e3779b97f4a7c15ULL)) * 0xbf58476d1ce4e5b9ULL;
  return static_cast<std::size_t>(x ^ (x >> 29));
}

bool lives(state s) {
  return s == state::alive || s == state::suspect;
}

bool id_less(const view& v, const ulid& id) {
  return v.data->id() < id;
}

void add(hash128& sum, const view& v) {
  const ulid& id = v.data->id();
  std::string bytes;
  put_int(bytes, id.hi);
  put_int(bytes, id.lo);
  put_int(bytes, v.incarnation);
  put_int(bytes, static_cast<std::uint8_t>(lives(v.state)));
  const hash128 h = xxh3_128(bytes);
  const std::uint64_t lo = sum.lo + h.lo;
  sum.hi += h.hi + (lo < sum.lo ? 1U : 0U);
  sum.lo = lo;
}

}  // namespace

std::uint32_t& member_table::slot_of(const ulid& id) {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t i = hash(id) & mask;; i = (i + 1) & mask) {
    std::uint32_t& slot = index_[i];
    if (slot == 0 || ring_[slot - 1].data->id() == id) return slot;
  }
}

std::size_t member_table::place(const ulid& id) const {
  if (index_.empty()) return npos;
  const std::uint32_t slot = const_cast<member_table*>(this)->slot_of(id);
  return slot == 0 ? npos : slot - 1;
}

const view* member_table::find(const ulid& id) const {
  const std::size_t p = place(id);
  if (p != npos) return &ring_[p];
  const auto at = gone_.find(id);
  return at == gone_.end() ? nullptr : &at->second;
}

view* member_table::find(const ulid& id) {
  return const_cast<view*>(static_cast<const member_table*>(this)->find(id));
}

void member_table::rebuild_index(std::size_t slots) {
  index_.assign(slots, 0);
  for (std::size_t p = 0; p < ring_.size(); ++p) {
    slot_of(ring_[p].data->id()) = static_cast<std::uint32_t>(p + 1);
  }
}

void member_table::reserve(std::size_t living) {
  ring_.reserve(living);
  std::size_t slots = 8;
  while (slots * 2 < living * 3) slots *= 2;  // two thirds full
  if (slots > index_.size()) rebuild_index(slots);
}

void member_table::fill(std::vector<view> living) {
  ring_ = std::move(living);
  index_.clear();
  reserve(ring_.size());
}

void member_table::insert(view v) {
  const std::size_t n = ring_.size();
  reserve(n < ring_.capacity() ? n + 1 : n + n / 8 + 1);
  const ulid id = v.data->id();
  const auto at = std::lower_bound(ring_.begin(), ring_.end(), id, id_less);
  const auto place = static_cast<std::uint32_t>(at - ring_.begin());
  if (at != ring_.end()) {
    for (std::uint32_t& slot : index_) slot += slot > place ? 1U : 0U;
  }
  ring_.insert(at, std::move(v));
  // slot_of compares ids of the places that it meets, all of which are right again by now.
  slot_of(id) = place + 1;
}

void member_table::remove(std::size_t place) {
  ring_.erase(ring_.begin() + static_cast<std::ptrdiff_t>(place));
  rebuild_index(index_.size());
}

view& member_table::put(view v) {
  const ulid id = v.data->id();
  const std::size_t p = place(id);
  if (!lives(v.state)) {
    if (p != npos) remove(p);
    return gone_[id] = std::move(v);
  }
  gone_.erase(id);
  if (p != npos) return ring_[p] = std::move(v);
  insert(std::move(v));
  return ring_[this->place(id)];
}

msg::digest member_table::digest() const {
  msg::digest d;
  for (const view& v : ring_) add(d.sum, v);
  d.members = ring_.size();
  for (const auto& [id, v] : gone_) {
    if (v.state != state::dead) continue;
    add(d.sum, v);
    ++d.members;
  }
  return d;
}

}  // namespace oklog::cluster
