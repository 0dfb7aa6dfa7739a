// News that is still to be spread: at most one piece a member, the newest. A piece goes out with
// every packet that has room, until it was sent so often as the rules say (rules.h).
//
// What was sent least goes first, of these the oldest; but a quarter of the room is for what has
// waited longest, so that a storm of fresh news starves nothing. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "oklog/base/ulid.h"

namespace oklog::cluster {

class broadcasts {
 public:
  // `news` is an encoded message; it replaces what was to be said about the same member.
  void put(const ulid& about, std::string news);
  void drop(const ulid& about);
  // Appends to `packet` what fits into `room` more bytes. Pieces that were now sent `limit` times
  // are dropped.
  void take(std::string& packet, std::size_t room, unsigned limit);

  std::size_t size() const { return pieces_.size(); }
  bool has(const ulid& about) const { return pieces_.contains(about); }

 private:
  struct piece {
    std::string news;
    unsigned sent = 0;
    std::uint64_t last = 0;  // when it was put or sent, counted in calls
  };
  using order = std::tuple<unsigned, std::uint64_t, ulid>;  // sent, last, about
  using waiting = std::pair<std::uint64_t, ulid>;           // last, about

  void unlink(const ulid& about, const piece& p);
  void link(const ulid& about, const piece& p);
  bool send(std::string& packet, const ulid& about, std::size_t& room);

  std::map<ulid, piece> pieces_;
  std::set<order> by_sent_;
  std::set<waiting> by_age_;
  std::uint64_t tick_ = 0;
};

}  // namespace oklog::cluster
