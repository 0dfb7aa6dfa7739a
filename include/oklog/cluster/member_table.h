// All members that a node knows, in two parts: those that live (alive or suspect), in the order of
// their ids, which is the ring of the probe schedule; and those that are gone (dead or left) and
// remembered for a while. Pure; the owner decides who goes where.
//
// Built for many: 32 bytes a living member and about 8 of index; finding is one probe of a hash
// table, inserting and removing move what lies behind.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "oklog/cluster/message.h"
#include "oklog/cluster/shared_data.h"

namespace oklog::cluster {

struct view {
  data_ptr data;
  std::uint64_t incarnation = 0;
  boot_time since{};         // of the state
  std::uint32_t rtt_us = 0;  // smoothed; 0: not measured
  cluster::state state = cluster::state::alive;
  std::uint8_t flaps = 0;
  std::uint8_t score = 0;
};
static_assert(sizeof(view) <= 40, "10,000 tables of 10,000 must fit in memory");

class member_table {
 public:
  static constexpr std::size_t npos = ~std::size_t{0};

  // Living or gone; nullptr where it is unknown. Valid until the table changes.
  view* find(const ulid& id);
  const view* find(const ulid& id) const;
  // Its place in the ring; npos where it does not live.
  std::size_t place(const ulid& id) const;

  std::size_t living() const { return ring_.size(); }
  std::size_t size() const { return ring_.size() + gone_.size(); }
  view& at(std::size_t place) { return ring_[place]; }
  const view& at(std::size_t place) const { return ring_[place]; }
  const std::map<ulid, view>& gone() const { return gone_; }

  // Adds it, or moves it, according to v.state. Returns where it is now.
  view& put(view v);
  // Room for so many living members, made at once.
  void reserve(std::size_t living);
  // All that live, at once, in the order of their ids; replaces those that did.
  void fill(std::vector<view> living);
  void forget(const ulid& id) { gone_.erase(id); }

  // Of all that live or are dead: equal where two tables say the same.
  msg::digest digest() const;

 private:
  std::uint32_t& slot_of(const ulid& id);
  void rebuild_index(std::size_t slots);
  void insert(view v);
  void remove(std::size_t place);

  std::vector<view> ring_;
  std::vector<std::uint32_t> index_;  // open addressing; place + 1, 0: free
  std::map<ulid, view> gone_;
};

}  // namespace oklog::cluster
