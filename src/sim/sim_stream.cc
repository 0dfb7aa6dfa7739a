#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "oklog/env/task_group.h"
#include "sim/net_state.h"

namespace oklog::sim {

namespace asio = boost::asio;
using connection_ptr = std::shared_ptr<connection>;

namespace {

// The coroutines own the connection, not the stream, which may die while they
// wait.
env::awaitable<result<std::size_t>> read_from(connection_ptr c, unsigned i, char* out,
                                              std::size_t size) {
  for (;;) {
    const bool cancelled = co_await env::is_cancelled();
    if (cancelled) co_return stopped("read");
    result<std::size_t> got = c->read_now(i, out, size);
    if (got || got.error().code != errc::busy) co_return got;
    co_await c->ends[i].changed.async_wait(asio::as_tuple(asio::use_awaitable));
    if (c->ends[i].closed) co_return stopped("read");
  }
}

env::awaitable<result<>> wait_for(connection_ptr c, unsigned i) {
  for (;;) {
    const bool cancelled2 = co_await env::is_cancelled();
    if (cancelled2) co_return stopped("read");
    const result<std::size_t> got = c->read_now(i, nullptr, 0);
    if (got) co_return result<>();
    if (c->ends[i].closed) co_return got.error();
    if (got.error().code != errc::busy) co_return result<>();
    co_await c->ends[i].changed.async_wait(asio::as_tuple(asio::use_awaitable));
    if (c->ends[i].closed) co_return stopped("read");
  }
}

env::awaitable<result<>> write_to(connection_ptr c, unsigned i, std::string_view bytes) {
  while (!bytes.empty()) {
    const bool cancelled3 = co_await env::is_cancelled();
    if (cancelled3) co_return stopped("write");
    const result<std::size_t> taken = c->write_now(i, bytes);
    if (!taken) co_return taken.error();
    bytes.remove_prefix(*taken);
    if (*taken != 0) continue;
    co_await c->ends[i].changed.async_wait(asio::as_tuple(asio::use_awaitable));
    if (c->ends[i].closed) co_return stopped("write");
  }
  co_return result<>();
}

class sim_stream final : public env::stream {
 public:
  sim_stream(std::shared_ptr<net_state> net, connection_ptr c, unsigned end)
      : net_(std::move(net)), connection_(std::move(c)), end_(end) {}
  ~sim_stream() override { connection_->close(end_, false); }

  env::awaitable<result<std::size_t>> read_some(char* out, std::size_t size) override {
    return read_from(connection_, end_, out, size);
  }
  env::awaitable<result<>> wait_readable() override { return wait_for(connection_, end_); }
  result<std::size_t> read_now(char* out, std::size_t size) override {
    return connection_->read_now(end_, out, size);
  }
  env::awaitable<result<>> write(std::string_view bytes) override {
    return write_to(connection_, end_, bytes);
  }
  result<> shutdown_send() override { return connection_->shutdown_send(end_); }
  void reset_unless_closed() override { connection_->ends[end_].resets = true; }
  void close(bool abort) override { connection_->close(end_, abort); }
  env::endpoint remote() const override { return connection_->ends[1 - end_].local; }

 private:
  std::shared_ptr<net_state> net_;  // outlives the connection
  connection_ptr connection_;
  unsigned end_;
};

}  // namespace

std::unique_ptr<env::stream> make_stream(std::shared_ptr<net_state> net, connection_ptr c,
                                         unsigned end) {
  return std::make_unique<sim_stream>(std::move(net), std::move(c), end);
}

}  // namespace oklog::sim
