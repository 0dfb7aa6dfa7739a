#include "env/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "env/cancelled.h"
#include "env/descriptor.h"
#include "env/net_error.h"
#include "env/posix_error.h"

namespace oklog::env {

namespace asio = boost::asio;

namespace {

// The descriptor is shared with whoever started us (a shell and its terminal), and O_NONBLOCK would
// be set for them too. Asio sets it on everything it waits for. So we wait in an epoll set of our
// own, which Asio may watch as it likes, and read only what is there.
// A plain file cannot be waited for; it always has something to say.
class input final : public stream {
 public:
  input(real_loop& loop, descriptor fd, descriptor set)
      : loop_(loop),
        fd_(std::make_shared<descriptor>(std::move(fd))),
        waits_(set.valid()),
        readiness_(loop.executor()) {
    if (waits_) readiness_.assign(set.release());
  }

  awaitable<result<std::size_t>> read_some(char* out, std::size_t size) override {
    for (;;) {
      CO_TRY(co_await wait_readable());
      result<std::size_t> n = std::size_t{0};
      if (waits_) {
        n = read_now(out, size);
      } else {
        n = co_await read_on_pool(out, size);
      }
      if (n || n.error().code != errc::busy) co_return n;
    }
  }

  awaitable<result<>> wait_readable() override {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (cancelled(state)) co_return stopped("read");
    if (!fd_) co_return closed();
    if (!waits_) co_return result<>();
    const auto [ec] = co_await readiness_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                     asio::as_tuple(asio::use_awaitable));
    if (ec) co_return net_error("read", ec);
    co_return result<>();
  }

  result<std::size_t> read_now(char* out, std::size_t size) override {
    if (!fd_) return closed();
    if (!waits_) return read_blocking(*fd_, out, size);
    iovec part{out, size};
    // Another process may share the pipe and have emptied it since we were told.
    const auto n = uninterrupted([&] { return ::preadv2(fd_->get(), &part, 1, -1, RWF_NOWAIT); });
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS) return net_error("read", errno);
    pollfd ready{fd_->get(), POLLIN, 0};
    if (uninterrupted([&] { return ::poll(&ready, 1, 0); }) <= 0) {
      return fail(errc::busy, "nothing to read yet");
    }
    return read_blocking(*fd_, out, size);
  }

  awaitable<result<>> write(std::string_view) override { co_return only_read(); }
  result<> shutdown_send() override { return only_read(); }
  void close(bool) override {
    boost::system::error_code ignored;
    readiness_.close(ignored);
    fd_.reset();
  }
  endpoint remote() const override { return {}; }

 private:
  static error only_read() { return fail(errc::invalid, "this stream can only be read"); }
  static error closed() { return fail(errc::closed, "read: the input is closed"); }

  static result<std::size_t> read_blocking(const descriptor& fd, char* out, std::size_t size) {
    const auto n = uninterrupted([&] { return ::read(fd.get(), out, size); });
    if (n < 0) return net_error("read", errno);
    return static_cast<std::size_t>(n);
  }

  awaitable<result<std::size_t>> read_on_pool(char* out, std::size_t size) {
    result<std::size_t> n = std::size_t{0};
    auto* slot = &n;
    std::function<void()> work = [fd = fd_, slot, out, size] {
      *slot = read_blocking(*fd, out, size);
    };
    co_await loop_.run_on_pool(std::move(work), lane::prompt);
    co_return n;
  }

  real_loop& loop_;
  std::shared_ptr<descriptor> fd_;  // shared with a read that the pool is doing; empty once closed
  bool waits_;
  asio::posix::stream_descriptor readiness_;
};

}  // namespace

std::unique_ptr<stream> make_input(real_loop& loop, int fd) {
  // A copy, so that our closing takes nothing away from the process.
  descriptor mine(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  descriptor set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  // EPERM is a plain file's answer; with no descriptors left we read it like one, blocking the
  // pool.
  const bool waits =
      mine.valid() && set.valid() && ::epoll_ctl(set.get(), EPOLL_CTL_ADD, mine.get(), &event) == 0;
  if (!waits) set.reset();
  return std::make_unique<input>(loop, std::move(mine), std::move(set));
}

}  // namespace oklog::env
