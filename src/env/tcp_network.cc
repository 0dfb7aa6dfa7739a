#include "env/tcp_network.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>

#include "env/as_result.h"
#include "env/cancelled.h"
#include "env/net_error.h"
#include "env/tcp_stream.h"

namespace oklog::env {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class tcp_listener final : public listener {
 public:
  tcp_listener(tcp::acceptor acceptor, endpoint local)
      : acceptor_(std::move(acceptor)), local_(std::move(local)) {}

  awaitable<result<std::unique_ptr<stream>>> accept() override {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (cancelled(state)) co_return stopped("accept");
    if (!acceptor_.is_open()) co_return stopped("accept");
    auto [ec, socket] = co_await acceptor_.async_accept(as_result);
    if (ec) co_return net_error("accept at " + format(local_), ec);
    std::unique_ptr<stream> out = std::make_unique<tcp_stream>(std::move(socket));
    co_return out;
  }
  endpoint local() const override { return local_; }
  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  tcp::acceptor acceptor_;
  endpoint local_;
};

result<tcp::endpoint> to_tcp(const endpoint& e) {
  error_code ec;
  const auto address = asio::ip::make_address(e.ip, ec);
  if (ec) return fail(errc::invalid, "\"" + e.ip + "\" is not an IP address");
  return tcp::endpoint(address, e.port);
}

}  // namespace

result<std::unique_ptr<listener>> tcp_network::listen(const endpoint& at) {
  TRY_LET(const tcp::endpoint where, to_tcp(at));
  tcp::acceptor acceptor(loop_.executor());
  error_code ec;
  acceptor.open(where.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  // "[::]" is every IPv6 address and "0.0.0.0" every IPv4 one, so that both can be listened on with
  // the same port, whatever the machine's bindv6only says.
  if (!ec && where.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), ec);
  if (!ec) acceptor.bind(where, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  tcp::endpoint local;
  if (!ec) local = acceptor.local_endpoint(ec);
  if (ec) return net_error("listen on " + format(at), ec);
  std::unique_ptr<listener> out =
      std::make_unique<tcp_listener>(std::move(acceptor), to_endpoint(local));
  return out;
}

awaitable<result<std::unique_ptr<stream>>> tcp_network::connect(const endpoint& to) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled(state)) co_return stopped("connect");
  CO_TRY_LET(const tcp::endpoint where, to_tcp(to));
  tcp::socket socket(loop_.executor());
  const auto [ec] = co_await socket.async_connect(where, as_result);
  if (ec) co_return net_error("connect to " + format(to), ec);
  std::unique_ptr<stream> out = std::make_unique<tcp_stream>(std::move(socket));
  co_return out;
}

awaitable<result<std::vector<std::string>>> tcp_network::resolve(std::string host) {
  return names_.addresses(std::move(host));
}

awaitable<result<std::vector<srv_target>>> tcp_network::resolve_srv(std::string name) {
  return names_.services(std::move(name));
}

awaitable<result<std::vector<std::string>>> tcp_network::resolve_ptr(std::string ip) {
  return names_.of_address(std::move(ip));
}

}  // namespace oklog::env
