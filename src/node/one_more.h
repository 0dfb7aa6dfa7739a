// Counts one more while it lives.
#pragma once

#include <cstddef>

#include "oklog/base/metrics.h"

namespace oklog::node {

class one_more {
 public:
  // `shown` follows the count. Both outlive it.
  explicit one_more(std::size_t& n, gauge shown = {}) : n_(n), shown_(shown) { show(++n_); }
  ~one_more() { show(--n_); }
  one_more(const one_more&) = delete;
  one_more& operator=(const one_more&) = delete;

 private:
  void show(std::size_t n) { shown_.set(static_cast<double>(n)); }

  std::size_t& n_;
  gauge shown_;
};

}  // namespace oklog::node
