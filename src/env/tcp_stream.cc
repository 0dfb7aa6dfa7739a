#include "env/tcp_stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>

#include "env/as_result.h"
#include "env/cancelled.h"
#include "env/net_error.h"

namespace oklog::env {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// A peer whose machine has died is noticed after two minutes of silence, not after Linux' two
// hours.
constexpr int keepalive_idle_s = 60;
constexpr int keepalive_interval_s = 10;
constexpr int keepalive_probes = 6;

void set_option(int fd, int level, int option, int value) {
  // An option that cannot be set (a peer that has gone already) costs nothing but its effect.
  (void)::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

endpoint to_endpoint(const asio::ip::tcp::endpoint& e) {
  return {e.address().to_string(), e.port()};
}

tcp_stream::tcp_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
  error_code ec;
  const auto peer = socket_.remote_endpoint(ec);
  if (!ec) remote_ = to_endpoint(peer);
  const int fd = socket_.native_handle();
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
}

tcp_stream::~tcp_stream() {
  close(false);
}

awaitable<result<std::size_t>> tcp_stream::read_some(char* out, std::size_t size) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled(state)) co_return stopped("read");
  const auto buffer = asio::buffer(out, size);
  const auto [ec, n] = co_await socket_.async_read_some(buffer, as_result);
  if (ec == asio::error::eof) co_return std::size_t{0};
  if (ec) co_return net_error("read", ec);
  co_return n;
}

awaitable<result<>> tcp_stream::wait_readable() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled(state)) co_return stopped("read");
  const auto [ec] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, as_result);
  if (ec) co_return net_error("read", ec);
  co_return result<>();
}

result<std::size_t> tcp_stream::read_now(char* out, std::size_t size) {
  for (;;) {
    const auto n = ::recv(socket_.native_handle(), out, size, MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return net_error("read", errno);
  }
}

awaitable<result<>> tcp_stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (cancelled(state)) co_return stopped("write");
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    const auto [ec, n] = co_await socket_.async_write_some(buffer, as_result);
    bytes.remove_prefix(n);
    if (ec) co_return net_error("write", ec);
  }
  co_return result<>();
}

result<> tcp_stream::shutdown_send() {
  error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return net_error("shut down", ec);
  return {};
}

// The kernel closes what a dead process leaves, with the same farewell as ours unless told so.
void tcp_stream::reset_unless_closed() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  lingers_ = true;
}

void tcp_stream::close(bool abort) {
  if (!socket_.is_open()) return;
  error_code ignored;
  if (abort || lingers_) socket_.set_option(asio::socket_base::linger(abort, 0), ignored);
  socket_.close(ignored);
}

}  // namespace oklog::env
