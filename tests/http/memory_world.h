// A world for tests of http alone: streams in memory, and a loop whose time jumps to the next sleeper
// when nobody has anything to do.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "oklog/base/assert.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"

namespace oklog::http_test {

class memory_loop final : public env::scheduler, public env::clock {
 public:
  boost::asio::any_io_executor executor() override { return context_.get_executor(); }
  unsigned pool_threads() const override { return 1; }
  wall_time now() const override { return wall_time(now_.time_since_epoch() + std::chrono::days(1)); }
  boot_time boot() const override { return now_; }

  env::awaitable<void> sleep(duration d) override {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    boost::asio::steady_timer timer(context_, boost::asio::steady_timer::time_point::max());
    const auto mine = sleepers_.emplace(now_ + d, &timer);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    sleepers_.erase(mine);
  }
  env::awaitable<void> run_on_pool(std::function<void()> work) override {
    work();
    co_return;
  }

  // Until `main` has ended and everything that it left to do is done.
  void run(env::awaitable<void> main) {
    env::task_group tasks(*this);
    tasks.spawn(std::move(main));
    for (;;) {
      context_.restart();
      context_.poll();
      if (tasks.size() == 0) return;
      ASSERT(!sleepers_.empty(), "everybody waits for nothing");
      now_ = std::max(now_, sleepers_.begin()->first);
      sleepers_.begin()->second->cancel();
    }
  }

 private:
  boost::asio::io_context context_{1};
  boot_time now_{std::chrono::hours(1)};
  std::multimap<boot_time, boost::asio::steady_timer*> sleepers_;
};

// One direction of a connection.
struct pipe {
  explicit pipe(env::scheduler& loop) : changed(loop) {}
  std::string bytes;
  bool ended = false;   // the writer has closed
  bool reset = false;   // ... and not cleanly
  bool unread = false;  // the reader has closed
  std::size_t room = 1 << 20;
  std::size_t step = 1 << 20;  // how many bytes a reader gets at once
  env::event changed;
};

class memory_stream final : public env::stream {
 public:
  memory_stream(std::shared_ptr<pipe> in, std::shared_ptr<pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~memory_stream() override { close(); }

  result<std::size_t> read_now(char* out, std::size_t size) override {
    if (closed_) return fail(errc::cancelled, "closed here");
    if (in_->reset) return fail(errc::closed, "reset by the peer");
    if (in_->bytes.empty()) {
      if (in_->ended) return std::size_t{0};
      return fail(errc::busy, "nothing there");
    }
    const std::size_t n = std::min({size, in_->bytes.size(), in_->step});
    std::copy_n(in_->bytes.data(), n, out);
    in_->bytes.erase(0, n);
    in_->changed.notify();
    return n;
  }
  env::awaitable<result<>> wait_readable() override {
    const auto in = in_;
    for (;;) {
      const bool stopped = co_await env::is_cancelled();
      if (stopped || closed_) co_return fail(errc::cancelled, "cancelled");
      if (!in->bytes.empty() || in->ended || in->reset) co_return result<>();
      co_await in->changed.wait();
    }
  }
  env::awaitable<result<std::size_t>> read_some(char* out, std::size_t size) override {
    CO_TRY(co_await wait_readable());
    co_return read_now(out, size);
  }
  env::awaitable<result<>> write(std::string_view bytes) override {
    const auto out = out_;
    while (!bytes.empty()) {
      const bool stopped = co_await env::is_cancelled();
      if (stopped || closed_) co_return fail(errc::cancelled, "cancelled");
      if (out->unread) co_return fail(errc::closed, "the peer has closed");
      const std::size_t n =
          std::min(bytes.size(), out->room - std::min(out->room, out->bytes.size()));
      out->bytes.append(bytes.substr(0, n));
      bytes.remove_prefix(n);
      out->changed.notify();
      if (!bytes.empty()) co_await out->changed.wait();
    }
    co_return result<>();
  }
  result<> shutdown_send() override {
    out_->ended = true;
    out_->changed.notify();
    return {};
  }
  void close(bool abort = false) override {
    if (closed_) return;
    closed_ = true;
    out_->reset = abort || !in_->bytes.empty();
    out_->ended = true;
    in_->unread = true;
    out_->changed.notify();
    in_->changed.notify();
  }
  env::endpoint remote() const override { return {"127.0.0.1", 40000}; }

  pipe& in() { return *in_; }
  pipe& out() { return *out_; }

 private:
  std::shared_ptr<pipe> in_, out_;
  bool closed_ = false;
};

class memory_network final : public env::network {
 public:
  using pair = std::pair<std::unique_ptr<memory_stream>, std::unique_ptr<memory_stream>>;
  explicit memory_network(env::scheduler& loop) : loop_(loop) {}

  pair connect_pair() {
    auto there = std::make_shared<pipe>(loop_);
    auto back = std::make_shared<pipe>(loop_);
    return {std::make_unique<memory_stream>(back, there),
            std::make_unique<memory_stream>(there, back)};
  }

  struct queue {
    explicit queue(env::scheduler& loop) : changed(loop) {}
    std::deque<std::unique_ptr<env::stream>> waiting;
    std::deque<error> failures;  // accept() fails with these first
    bool open = true;
    env::event changed;
  };
  std::shared_ptr<queue> at(const env::endpoint& e) { return queues_[e]; }

  result<std::unique_ptr<env::listener>> listen(const env::endpoint& at) override {
    auto made = std::make_shared<queue>(loop_);
    queues_[at] = made;
    return std::unique_ptr<env::listener>(std::make_unique<memory_listener>(made, at));
  }
  env::awaitable<result<std::unique_ptr<env::stream>>> connect(const env::endpoint& to) override {
    ++connects;
    const auto found = queues_.find(to);
    if (found == queues_.end() || !found->second->open) {
      co_return fail(errc::unavailable, format(to) + ": refused");
    }
    pair both = connect_pair();
    found->second->waiting.push_back(std::move(both.second));
    found->second->changed.notify();
    co_return std::unique_ptr<env::stream>(std::move(both.first));
  }
  env::awaitable<result<std::vector<std::string>>> resolve(std::string host) override {
    const auto found = names.find(host);
    if (found != names.end()) co_return found->second;
    std::vector<std::string> itself;
    itself.push_back(host);
    co_return itself;
  }
  env::awaitable<result<std::vector<env::srv_target>>> resolve_srv(std::string) override {
    co_return fail(errc::not_found, "no SRV here");
  }
  env::awaitable<result<std::vector<std::string>>> resolve_ptr(std::string) override {
    co_return fail(errc::not_found, "no PTR here");
  }

  std::map<std::string, std::vector<std::string>> names;
  int connects = 0;

 private:
  class memory_listener final : public env::listener {
   public:
    memory_listener(std::shared_ptr<queue> q, env::endpoint at) : q_(std::move(q)), at_(at) {}
    env::awaitable<result<std::unique_ptr<env::stream>>> accept() override {
      for (;;) {
        const bool stopped = co_await env::is_cancelled();
        if (stopped || !q_->open) co_return fail(errc::cancelled, "cancelled");
        if (!q_->failures.empty()) {
          error e = q_->failures.front();
          q_->failures.pop_front();
          co_return e;
        }
        if (!q_->waiting.empty()) {
          auto got = std::move(q_->waiting.front());
          q_->waiting.pop_front();
          co_return std::move(got);
        }
        co_await q_->changed.wait();
      }
    }
    env::endpoint local() const override { return at_; }
    void close() override {
      q_->open = false;
      q_->changed.notify();
    }

   private:
    std::shared_ptr<queue> q_;
    env::endpoint at_;
  };

  env::scheduler& loop_;
  std::map<env::endpoint, std::shared_ptr<queue>> queues_;
};

// http never touches a disk.
class no_disk final : public env::filesystem {
  using text = const std::string&;
  static error none() { return fail(errc::io, "there is no disk"); }

 public:
  result<std::unique_ptr<env::file>> open_read(text) override { return none(); }
  result<std::unique_ptr<env::file>> create(text) override { return none(); }
  result<std::unique_ptr<env::file>> open_append(text) override { return none(); }
  result<> rename(text, text) override { return none(); }
  result<> remove(text) override { return none(); }
  result<> sync_dir(text) override { return none(); }
  result<> make_dirs(text) override { return none(); }
  result<std::vector<env::dir_entry>> list(text) override { return none(); }
  result<env::disk_space> space(text) override { return none(); }
  result<std::unique_ptr<env::file_lock>> lock(text) override { return none(); }
};

struct memory_world {
  memory_loop loop;
  memory_network net{loop};
  no_disk disk;
  prng random{1};
  std::unique_ptr<logger> log = make_null_logger();

  env::environment env() { return {loop, disk, net, loop, random, *log}; }
};

}  // namespace oklog::http_test
