// What this node's store has pinned for queries of other nodes (api/pin_api.h): snapshots by token.
// A pin is held by two sides: the table, for the connection that asked for it, and each read that
// goes on through it. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "oklog/base/hash.h"
#include "oklog/base/metrics.h"
#include "oklog/base/prng.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

inline constexpr std::size_t pins_max = 256;
// Segments in all pins together, of 16 bytes each; their files stay open.
inline constexpr std::size_t pinned_segments_max = 4'000'000;

class pins {
 public:
  using snapshot = std::shared_ptr<const store_snapshot>;

  pins(prng& random, metrics_registry& registry)
      : random_(random),
        number_(registry.make_gauge("oklog_store_pins",
                                    "Snapshots that are kept for queries of other nodes.")) {}

  // Empty: it holds too many.
  std::string add(store_snapshot held) {
    if (held_.size() >= pins_max || segments_ + held.segments.size() > pinned_segments_max) {
      return "";
    }
    const hash128 drawn{random_.next(), random_.next()};
    const std::string token = to_hex(drawn);
    segments_ += held.segments.size();
    held_[token] = std::make_shared<const store_snapshot>(std::move(held));
    number_.set(static_cast<double>(held_.size()));
    return token;
  }
  // nullptr: it is not known, or not any more.
  snapshot find(const std::string& token) const {
    const auto at = held_.find(token);
    return at == held_.end() ? nullptr : at->second;
  }
  // Whether anybody reads through it right now.
  bool in_use(const std::string& token) const {
    const auto at = held_.find(token);
    return at != held_.end() && at->second.use_count() > 1;
  }
  // Those who read through it read on.
  void drop(const std::string& token) {
    const auto at = held_.find(token);
    if (at == held_.end()) return;
    segments_ -= at->second->segments.size();
    held_.erase(at);
    number_.set(static_cast<double>(held_.size()));
  }

 private:
  prng& random_;
  gauge number_;
  std::map<std::string, snapshot> held_;
  std::size_t segments_ = 0;
};

}  // namespace oklog::node
