// Where everything that a host runs passes: while it is shut (the process is stopped, the machine
// suspended), handlers wait here in their order. gated_executor is the host's executor: that of the
// timeline, with the gate before each handler.
#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>

namespace oklog::sim {

class gate {
 public:
  bool shut() const { return shut_; }
  void close() { shut_ = true; }
  // Runs what waits in a later turn of the loop, in its order.
  void open(const boost::asio::io_context::executor_type& loop);
  // Drops what waits. For the end of the world.
  void clear();

  template <class Function>
  void hold(Function f) {
    waiting_.push_back(std::make_unique<held_function<Function>>(std::move(f)));
  }

 private:
  struct held {
    virtual ~held() = default;
    virtual void run() = 0;
  };
  template <class Function>
  struct held_function final : held {
    explicit held_function(Function f) : function(std::move(f)) {}
    void run() override { std::move(function)(); }
    Function function;
  };

  bool shut_ = false;
  std::deque<std::unique_ptr<held>> waiting_;
};

template <class Inner>
class gated_executor {
 public:
  gated_executor(Inner inner, std::shared_ptr<sim::gate> gate)
      : inner_(std::move(inner)), gate_(std::move(gate)) {}

  template <class Property>
  auto query(const Property& p) const -> decltype(boost::asio::query(std::declval<Inner>(), p)) {
    return boost::asio::query(inner_, p);
  }
  template <class Property>
  auto require(const Property& p) const
      -> gated_executor<std::decay_t<decltype(boost::asio::require(std::declval<Inner>(), p))>> {
    return {boost::asio::require(inner_, p), gate_};
  }
  template <class Property>
  auto prefer(const Property& p) const
      -> gated_executor<std::decay_t<decltype(boost::asio::prefer(std::declval<Inner>(), p))>> {
    return {boost::asio::prefer(inner_, p), gate_};
  }

  template <class Function>
  void execute(Function f) const {
    inner_.execute([gate = gate_, f = std::move(f)]() mutable {
      if (gate->shut()) {
        gate->hold(std::move(f));
      } else {
        std::move(f)();
      }
    });
  }

  friend bool operator==(const gated_executor& a, const gated_executor& b) noexcept {
    return a.inner_ == b.inner_ && a.gate_ == b.gate_;
  }
  friend bool operator!=(const gated_executor& a, const gated_executor& b) noexcept {
    return !(a == b);
  }

 private:
  Inner inner_;
  std::shared_ptr<sim::gate> gate_;
};

}  // namespace oklog::sim
