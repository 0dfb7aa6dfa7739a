// A piece is being written, of so many copies, while this lives: what a store says of its copies
// must not be more (rule K15).
#pragma once

#include <set>
#include <utility>

namespace oklog::node {

class counted_write {
 public:
  counted_write(std::multiset<unsigned>& all, unsigned copies)
      : all_(&all), place_(all.insert(copies)) {}
  counted_write(counted_write&& o) noexcept
      : all_(std::exchange(o.all_, nullptr)), place_(o.place_) {}
  counted_write& operator=(counted_write&&) = delete;
  ~counted_write() {
    if (all_ != nullptr) all_->erase(place_);
  }

 private:
  std::multiset<unsigned>* all_;
  std::multiset<unsigned>::iterator place_;
};

}  // namespace oklog::node
