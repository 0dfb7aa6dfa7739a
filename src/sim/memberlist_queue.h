// memberlist's TransmitLimitedQueue: one piece of news a member; sent least first, of these the
// longest that fits, of these the newest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "oklog/base/ulid.h"

namespace oklog::sim {

class memberlist_queue {
 public:
  bool empty() const { return pieces_.empty(); }

  void put(const ulid& about, std::string news) {
    const auto old = pieces_.find(about);
    if (old != pieces_.end()) order_.erase(key(about, old->second));
    piece& p = pieces_[about];
    p = {std::move(news), 0, ++ticks_};
    order_.insert(key(about, p));
  }

  void take(std::string& packet, std::size_t room, unsigned limit) {
    std::vector<ulid> sent;
    for (const auto& [times, length, age, about] : order_) {
      const piece& p = pieces_.at(about);
      if (p.news.size() > room) continue;
      packet += p.news;
      room -= p.news.size();
      sent.push_back(about);
      if (room < 20) break;
    }
    for (const ulid& about : sent) {
      piece& p = pieces_.at(about);
      order_.erase(key(about, p));
      if (++p.sent >= limit) {
        pieces_.erase(about);
      } else {
        order_.insert(key(about, p));
      }
    }
  }

 private:
  struct piece {
    std::string news;
    unsigned sent = 0;
    std::uint64_t born = 0;
  };
  using order = std::tuple<unsigned, std::uint64_t, std::uint64_t, ulid>;
  static order key(const ulid& about, const piece& p) {
    return {p.sent, ~std::uint64_t{p.news.size()}, ~p.born, about};
  }

  std::map<ulid, piece> pieces_;
  std::set<order> order_;
  std::uint64_t ticks_ = 0;
};

}  // namespace oklog::sim
