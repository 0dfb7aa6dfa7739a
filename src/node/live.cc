#include "node/live.h"

#include "oklog/env/task_group.h"

namespace oklog::node {

live_watcher::live_watcher(live_feed& feed, env::scheduler& loop, std::size_t queue_bytes_max)
    : feed_(feed), news_(loop), queue_bytes_max_(queue_bytes_max) {
  feed_.watchers_.push_back(this);
}

live_watcher::~live_watcher() {
  std::erase(feed_.watchers_, this);
}

void live_watcher::push(const std::shared_ptr<const batch>& b) {
  if (overrun_) return;
  // One batch is always taken, so that a single large one does not cut off a client that keeps up.
  if (!queue_.empty() && queued_bytes_ + b->bytes() > queue_bytes_max_) {
    overrun_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    if (on_overrun_) on_overrun_();
  } else {
    queue_.push_back(b);
    queued_bytes_ += b->bytes();
  }
  news_.notify();
}

env::awaitable<std::shared_ptr<const batch>> live_watcher::next() {
  while (queue_.empty() && !overrun_) {
    co_await news_.wait();
    const auto stopped = co_await env::is_cancelled();
    if (stopped) co_return nullptr;
  }
  co_return take();
}

env::awaitable<std::shared_ptr<const batch>> live_watcher::next_within(duration limit) {
  if (queue_.empty() && !overrun_) (void)co_await news_.wait_for(limit);
  co_return take();
}

std::shared_ptr<const batch> live_watcher::take() {
  if (overrun_ || queue_.empty()) return nullptr;
  std::shared_ptr<const batch> b = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= b->bytes();
  return b;
}

}  // namespace oklog::node
