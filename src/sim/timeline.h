// Virtual time: runs what is ready, then jumps to the next thing that is due.
// Everything that happens at a moment of its own (a sleep's end, a segment's
// arrival) is an action at a moment; equal moments are taken in the order in
// which they were asked for. The trace folds what happened into one number, so
// that two runs can be compared.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "oklog/base/time.h"
#include "oklog/env/scheduler.h"

namespace oklog::sim {

class timeline {
 public:
  using action = std::function<void()>;
  using key = std::pair<duration, std::uint64_t>;  // moment, order

  explicit timeline(std::uint64_t seed);
  ~timeline();

  boost::asio::io_context::executor_type executor() { return context_.get_executor(); }
  duration now() const { return now_; }

  key at(duration moment, action what);
  // A wait beyond the end of time never ends.
  key after(duration wait, action what);
  void forget(const key& k) { actions_.erase(k); }

  // As env::scheduler's; `where`: what the call passes.
  std::unique_ptr<env::alarm> call_after(boost::asio::any_io_executor where, duration d,
                                         std::function<void()> what);
  // Ends early when the task is cancelled.
  env::awaitable<void> sleep(duration d);
  env::awaitable<void> sleep_through(duration d);

  // Runs everything that is ready now.
  void settle();
  // Takes the next action that is due by `end`; false, and it is `end`, where
  // there is none.
  bool advance(duration end);

  std::uint64_t events() const { return order_; }

  void trace(std::string_view event, std::uint64_t number = 0);
  std::uint64_t trace_hash() const { return trace_; }

 private:
  struct nap;
  class pending_call;
  void note();

  std::uint64_t seed_;
  std::uint64_t trace_;
  duration now_{};
  std::uint64_t order_ = 0;
  std::uint64_t turns_ = 0;  // handlers run since time last moved
  std::map<key, action> actions_;
  char note_[80] = {};
  // Last: its end destroys suspended coroutines, which forget their actions.
  boost::asio::io_context context_{1};
};

}  // namespace oklog::sim
