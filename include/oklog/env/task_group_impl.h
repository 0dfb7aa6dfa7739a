// The part of task_group.h that depends on a type. Include that file, not this one.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "oklog/env/task_group.h"

namespace oklog::env {

namespace detail {

// Runs `op` for at most `limit`, then cancels it; returns, when it has ended, whether that was so.
awaitable<bool> run_with_limit(scheduler& loop, duration limit, awaitable<void> op);

error timed_out(const std::string& what, duration limit);

template <class T>
awaitable<void> keep_value(awaitable<result<T>> op, std::optional<result<T>>* out) {
  result<T> value = co_await std::move(op);
  out->emplace(std::move(value));
}

}  // namespace detail

template <class T>
awaitable<result<T>> with_timeout(scheduler& loop, duration limit, std::string what,
                                  awaitable<result<T>> op) {
  std::optional<result<T>> value;
  awaitable<void> kept = detail::keep_value<T>(std::move(op), &value);
  const bool expired = co_await detail::run_with_limit(loop, limit, std::move(kept));
  // An op that had its answer ready when the time was up is not punished for it.
  if (expired && !*value && value->error().code == errc::cancelled) {
    co_return detail::timed_out(what, limit);
  }
  co_return std::move(*value);
}

}  // namespace oklog::env
