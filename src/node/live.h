// Who is watching what comes in: /store/stream. Each watcher has a queue of the batches that were
// sealed since it last looked, limited in bytes: a client that does not read is cut off, never a
// reason to wait for the others.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "oklog/base/metrics.h"
#include "oklog/env/event.h"
#include "oklog/record/batch.h"

namespace oklog::node {

class live_feed;

class live_watcher {
 public:
  live_watcher(live_feed& feed, env::scheduler& loop, std::size_t queue_bytes_max);
  ~live_watcher();
  live_watcher(const live_watcher&) = delete;
  live_watcher& operator=(const live_watcher&) = delete;

  // Waits for the next batch; nullptr when cancelled or when the queue has run over.
  env::awaitable<std::shared_ptr<const batch>> next();
  // The same; nullptr also where none has come within `limit`.
  env::awaitable<std::shared_ptr<const batch>> next_within(duration limit);
  bool overrun() const { return overrun_; }
  // Called once, at the moment when the queue runs over: its owner may be waiting elsewhere, for
  // the very client that does not read.
  void on_overrun(std::function<void()> call) { on_overrun_ = std::move(call); }

  // For the feed, and for batches that come from elsewhere.
  void push(const std::shared_ptr<const batch>& b);

 private:
  std::shared_ptr<const batch> take();

  live_feed& feed_;
  env::event news_;
  std::deque<std::shared_ptr<const batch>> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t queue_bytes_max_;
  bool overrun_ = false;
  std::function<void()> on_overrun_;
};

// Loop thread only.
class live_feed {
 public:
  void publish(const std::shared_ptr<const batch>& b) {
    for (live_watcher* w : watchers_) w->push(b);
  }
  std::size_t watchers() const { return watchers_.size(); }

 private:
  friend class live_watcher;
  std::vector<live_watcher*> watchers_;  // in the order in which they came
};

}  // namespace oklog::node
