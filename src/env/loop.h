// The real scheduler: one io_context, driven by the thread that calls run(), and a pool.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "oklog/env/scheduler.h"

namespace oklog::env {

class real_loop final : public scheduler {
 public:
  explicit real_loop(unsigned pool_threads);
  // Waits for the work that the pool is doing; what has not begun is dropped.
  ~real_loop() override;

  boost::asio::any_io_executor executor() override;
  std::unique_ptr<alarm> call_after(duration d, std::function<void()> what) override;
  awaitable<void> sleep(duration d) override;
  awaitable<void> run_on_pool(std::function<void()> work, lane on) override;
  unsigned pool_threads(lane on) const override {
    return on == lane::search ? search_threads_ : threads_;
  }

  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  unsigned threads_;
  unsigned search_threads_;  // one a core
  // After the context, so that they are joined while results can still be posted there.
  boost::asio::thread_pool pool_;
  boost::asio::thread_pool searchers_;
};

}  // namespace oklog::env
