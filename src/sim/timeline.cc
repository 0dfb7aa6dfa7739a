#include "sim/timeline.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "oklog/base/assert.h"
#include "oklog/base/hash.h"
#include "oklog/env/task_group.h"

namespace oklog::sim {

namespace asio = boost::asio;

// More handlers than this at one moment is a loop that never waits.
constexpr std::uint64_t turns_max = 5'000'000;

// A sleeper: a timer that never expires by itself, cancelled when its moment
// has come.
struct timeline::nap {
  nap(timeline& t, duration d)
      : time(t), timer(t.executor(), asio::steady_timer::time_point::max()) {
    where = time.after(std::max(d, duration{}), [this] {
      due = true;
      timer.cancel();
    });
  }
  ~nap() {
    if (!due) time.forget(where);
  }
  nap(const nap&) = delete;
  nap& operator=(const nap&) = delete;

  timeline& time;
  asio::steady_timer timer;
  key where;
  bool due = false;
};

class timeline::pending_call final : public env::alarm {
 public:
  pending_call(timeline& t, asio::any_io_executor where, duration d, std::function<void()> what)
      : time_(t), what_(std::make_shared<call>(call{std::move(what)})) {
    key_ = time_.after(std::max(d, duration{}),
                       [weak = std::weak_ptr(what_), where = std::move(where)] {
                         const auto due = weak.lock();
                         if (!due) return;
                         due->made = true;
                         asio::post(where, [weak] {
                           if (const auto wanted = weak.lock()) wanted->what();
                         });
                       });
  }
  ~pending_call() override {
    if (!what_->made) time_.forget(key_);
  }
  pending_call(const pending_call&) = delete;
  pending_call& operator=(const pending_call&) = delete;

 private:
  struct call {
    std::function<void()> what;
    bool made = false;
  };

  timeline& time_;
  std::shared_ptr<call> what_;
  key key_;
};

timeline::timeline(std::uint64_t seed) : seed_(seed), trace_(seed) {
  note();
}

timeline::~timeline() {
  set_assert_note("");
}

// At each moment of each history: by hand, since printf takes its time.
void timeline::note() {
  const auto put = [](char* at, std::string_view text) {
    return std::copy(text.begin(), text.end(), at);
  };
  char* const end = note_ + sizeof note_ - 1;
  char* at = put(note_, "seed ");
  at = std::to_chars(at, end, seed_).ptr;
  at = put(at, ", virtual time, ns: ");
  *std::to_chars(at, end, now_.count()).ptr = '\0';
  set_assert_note(note_);
}

timeline::key timeline::at(duration moment, action what) {
  const key k{std::max(moment, now_), order_++};
  actions_.emplace(k, std::move(what));
  return k;
}

timeline::key timeline::after(duration wait, action what) {
  return at(wait > duration::max() - now_ ? duration::max() : now_ + wait, std::move(what));
}

std::unique_ptr<env::alarm> timeline::call_after(asio::any_io_executor where, duration d,
                                                 std::function<void()> what) {
  return std::make_unique<pending_call>(*this, std::move(where), d, std::move(what));
}

env::awaitable<void> timeline::sleep(duration d) {
  const auto stopped = co_await env::is_cancelled();
  if (stopped) co_return;
  nap n(*this, d);
  co_await n.timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

env::awaitable<void> timeline::sleep_through(duration d) {
  nap n(*this, d);
  while (!n.due) co_await n.timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

void timeline::settle() {
  context_.restart();
  while (context_.poll_one() != 0) {
    ASSERT(++turns_ < turns_max, "something runs for ever without waiting");
  }
}

bool timeline::advance(duration end) {
  const auto first = actions_.begin();
  if (first == actions_.end() || first->first.first > end) {
    now_ = std::max(now_, end);
    return false;
  }
  if (first->first.first != now_) {
    now_ = first->first.first;
    turns_ = 0;
    note();
  }
  ASSERT(++turns_ < turns_max, "something runs for ever without waiting");
  const action what = std::move(first->second);
  trace("due", first->first.second);
  actions_.erase(first);
  what();
  return true;
}

void timeline::trace(std::string_view event, std::uint64_t number) {
  const std::uint64_t numbers[] = {number, static_cast<std::uint64_t>(now_.count())};
  const std::string_view raw(reinterpret_cast<const char*>(numbers), sizeof numbers);
  trace_ = xxh3_64(event, xxh3_64(raw, trace_));
}

}  // namespace oklog::sim
