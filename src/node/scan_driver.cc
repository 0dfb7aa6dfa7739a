#include "oklog/node/scan_driver.h"

namespace oklog::node {

scan_driver::scan_driver(env::scheduler& loop, scan& s, env::lane on)
    : loop_(loop), scan_(s), lane_(on), finished_piece_(loop), pieces_(loop) {}

env::awaitable<void> scan_driver::run_piece(scan_work work) {
  auto run = [&work] { work.run(); };
  co_await env::offload(loop_, run, lane_);
  --under_way_;
  finished_.push_back(std::move(work));
  finished_piece_.notify();
}

void scan_driver::begin_more() {
  const unsigned threads = loop_.pool_threads(lane_);
  while (under_way_ < threads && under_way_ + finished_.size() < 2 * threads) {
    std::vector<scan_work> work = scan_.next_work(1);
    if (work.empty()) return;
    ++under_way_;
    pieces_.spawn(run_piece(std::move(work.front())));
  }
}

env::awaitable<void> scan_driver::advance() {
  begin_more();
  while (finished_.empty() && under_way_ > 0) {
    co_await finished_piece_.wait();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
  }
  scan_.absorb(std::move(finished_));
  finished_.clear();
  begin_more();
}

env::awaitable<void> scan_driver::finish() {
  co_await pieces_.join();
  scan_.absorb(std::move(finished_));
  finished_.clear();
}

env::awaitable<void> run_to_end(env::scheduler& loop, scan& s) {
  scan_driver driver(loop, s);
  while (!s.done()) {
    co_await driver.advance();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) s.stop();
  }
  co_await driver.finish();
}

}  // namespace oklog::node
