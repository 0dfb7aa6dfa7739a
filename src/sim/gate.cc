#include "sim/gate.h"

#include <boost/asio/post.hpp>

namespace oklog::sim {

void gate::open(const boost::asio::io_context::executor_type& loop) {
  shut_ = false;
  // It may be shut again before they have their turn: they pass the gate anew.
  for (auto& one : std::exchange(waiting_, {})) {
    boost::asio::post(loop, [this, one = std::move(one)]() mutable {
      if (shut_) {
        waiting_.push_back(std::move(one));
      } else {
        one->run();
      }
    });
  }
}

void gate::clear() {
  // What a handler destroys may hold further ones.
  while (!waiting_.empty()) {
    const auto one = std::move(waiting_.front());
    waiting_.pop_front();
  }
}

}  // namespace oklog::sim
