// Admits queries: so many at once, and so much memory for their matches together. A query that
// finds the memory short gets less of it and makes more passes; as many as may run always get the
// least. Loop thread only.
//
// What a query needs besides (pieces under way, output) is bounded by the number of queries.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "oklog/base/assert.h"
#include "oklog/node/config.h"
#include "oklog/store/scan.h"

namespace oklog::node {

inline constexpr std::size_t query_memory_max = 512 * 1024 * 1024;
inline constexpr std::size_t query_memory_least = 1024 * 1024;

class query_gate {
 public:
  // Gives back what was taken when it ends.
  class pass {
   public:
    pass(pass&& o) noexcept : gate_(std::exchange(o.gate_, nullptr)), bytes_(o.bytes_) {}
    pass& operator=(pass&&) = delete;
    ~pass() {
      if (gate_ == nullptr) return;
      --gate_->running_;
      gate_->free_ += bytes_;
    }
    std::size_t bytes() const { return bytes_; }

   private:
    friend class query_gate;
    pass(query_gate& gate, std::size_t bytes) : gate_(&gate), bytes_(bytes) {
      ++gate.running_;
      gate.free_ -= bytes;
    }
    query_gate* gate_;
    std::size_t bytes_;
  };

  explicit query_gate(std::size_t running_max) : running_max_(running_max) {
    ASSERT(running_max <= query_memory_max / query_memory_least, "memory for all of them");
  }

  // Nothing: refused.
  std::optional<pass> enter() {
    if (running_ >= running_max_) return std::nullopt;
    // A share of what is left beside the least of all who may still come.
    const std::size_t others = (running_max_ - running_ - 1) * query_memory_least;
    return pass(*this,
                std::clamp((free_ - others) / 16, query_memory_least, scan_pending_bytes_max));
  }

 private:
  const std::size_t running_max_;
  std::size_t running_ = 0;
  std::size_t free_ = query_memory_max;
};

}  // namespace oklog::node
