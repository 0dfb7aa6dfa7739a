// Keeps a scan's work going on the pool while its output is being sent. Loop thread only.
//
//   scan_driver driver(loop, s);
//   while (!s.done()) {
//     co_await driver.advance();
//     ... take what is ready, write it; s.stop() where nobody wants the rest
//   }
//   co_await driver.finish();          // always: pieces under way touch the driver
//
// At most so many pieces are under way as the lane has threads, and as many wait to be absorbed:
// queries that run at once take turns piece by piece.
#pragma once

#include <vector>

#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/store/scan.h"

namespace oklog::node {

class scan_driver {
 public:
  scan_driver(env::scheduler& loop, scan& s, env::lane on = env::lane::search);

  // Absorbs what is finished, waiting for at least one piece where any is under way, and begins
  // more. Returns early when cancelled.
  env::awaitable<void> advance();
  // Until no piece is under way. The scan must have been stopped, or be done.
  env::awaitable<void> finish();

 private:
  env::awaitable<void> run_piece(scan_work work);
  void begin_more();

  env::scheduler& loop_;
  scan& scan_;
  const env::lane lane_;
  env::event finished_piece_;
  env::task_group pieces_;
  std::vector<scan_work> finished_;
  unsigned under_way_ = 0;
};

// For a scan whose result is one value. Ends early when cancelled.
env::awaitable<void> run_to_end(env::scheduler& loop, scan& s);

}  // namespace oklog::node
