#include "env/udp_socket.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "env/cancelled.h"
#include "env/net_error.h"

namespace oklog::env {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {

// Best effort: a burst of packets waits there while the loop does something else.
constexpr int receive_buffer_bytes = 1 << 20;
// So often in a row an error that tells of packets sent before is passed over.
constexpr int stale_errors_max = 16;

endpoint to_endpoint(const udp::endpoint& e) {
  const asio::ip::address a = e.address();
  if (a.is_v6() && a.to_v6().is_v4_mapped()) {
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, a.to_v6()).to_string(), e.port()};
  }
  return {a.to_string(), e.port()};
}

// Errors that a socket reports later, of what was sent before: nobody listens there, or the network
// cannot carry it. They say nothing about the socket.
bool is_stale(int number) {
  return number == ECONNREFUSED || number == EHOSTUNREACH || number == ENETUNREACH ||
         number == EHOSTDOWN || number == ENETDOWN || number == EMSGSIZE || number == EINTR;
}

struct udp_state {
  udp_state(udp::socket s, udp::endpoint at)
      : socket(std::move(s)), local(to_endpoint(at)), v6(at.protocol() == udp::v6()) {}

  udp::socket socket;
  endpoint local;
  bool v6;
  std::vector<char> buffer = std::vector<char>(datagram_bytes_max + 1);
};

result<packet> receive_now(udp_state& s) {
  if (!s.socket.is_open()) return fail(errc::closed, "receive: the port is closed");
  for (int attempt = 0;; ++attempt) {
    udp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    const auto n = ::recvfrom(s.socket.native_handle(), s.buffer.data(), s.buffer.size(),
                              MSG_DONTWAIT, from.data(), &size);
    const int number = errno;
    if (n < 0 && is_stale(number) && attempt < stale_errors_max) continue;
    if (n < 0) return net_error("receive at " + format(s.local), number);
    from.resize(size);
    packet p{to_endpoint(from), std::string(s.buffer.data(), static_cast<std::size_t>(n))};
    return p;
  }
}

// The coroutine owns the socket, not the datagram, which may die while it waits.
awaitable<result<packet>> receive_from(std::shared_ptr<udp_state> s) {
  for (;;) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (cancelled(state)) co_return stopped("receive");
    if (!s->socket.is_open()) co_return stopped("receive");
    const auto [ec] =
        co_await s->socket.async_wait(udp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
    if (ec) co_return net_error("receive at " + format(s->local), ec);
    if (!s->socket.is_open()) co_return stopped("receive");
    result<packet> got = receive_now(*s);
    if (got || got.error().code != errc::busy) co_return got;
  }
}

// As the socket's family writes it; nothing where it cannot.
std::optional<udp::endpoint> target_of(const endpoint& to, bool v6) {
  error_code ec;
  asio::ip::address a = asio::ip::make_address(to.ip, ec);
  if (ec) return std::nullopt;
  if (v6 && a.is_v4()) a = asio::ip::make_address_v6(asio::ip::v4_mapped, a.to_v4());
  if (!v6 && a.is_v6()) {
    if (!a.to_v6().is_v4_mapped()) return std::nullopt;
    a = asio::ip::make_address_v4(asio::ip::v4_mapped, a.to_v6());
  }
  return udp::endpoint(a, to.port);
}

class udp_datagram final : public datagram {
 public:
  explicit udp_datagram(std::shared_ptr<udp_state> s) : state_(std::move(s)) {}
  ~udp_datagram() override { udp_datagram::close(); }

  awaitable<result<packet>> receive() override { return receive_from(state_); }
  result<packet> receive_now() override { return env::receive_now(*state_); }
  result<> send(const endpoint& to, std::string_view bytes) override;
  endpoint local() const override { return state_->local; }
  void close() override {
    error_code ignored;
    state_->socket.close(ignored);
  }

 private:
  std::shared_ptr<udp_state> state_;
};

result<> udp_datagram::send(const endpoint& to, std::string_view bytes) {
  const auto sentence = [&] { return "send to " + format(to); };
  if (!state_->socket.is_open()) return fail(errc::closed, sentence() + ": the port is closed");
  if (bytes.size() > datagram_bytes_max) {
    return fail(errc::invalid, sentence() + ": " + std::to_string(bytes.size()) +
                                   " bytes are more than a datagram holds");
  }
  const auto target = target_of(to, state_->v6);
  if (!target) {
    return fail(errc::invalid,
                sentence() + ": no IP address that " + format(state_->local) + " can send to");
  }
  for (int attempt = 0;; ++attempt) {
    const auto n = ::sendto(state_->socket.native_handle(), bytes.data(), bytes.size(),
                            MSG_DONTWAIT | MSG_NOSIGNAL, target->data(),
                            static_cast<socklen_t>(target->size()));
    if (n >= 0) return {};
    // Two of them may be about an earlier packet; a third one is about this.
    const int number = errno;
    const bool earlier = number == ECONNREFUSED || number == EINTR;
    if (!earlier || attempt == 2) return net_error(sentence(), number);
  }
}

}  // namespace

result<std::unique_ptr<datagram>> bind_udp(real_loop& loop, const endpoint& at) {
  error_code ec;
  const auto address = asio::ip::make_address(at.ip, ec);
  if (ec) return fail(errc::invalid, "\"" + at.ip + "\" is not an IP address");
  const udp::endpoint where(address, at.port);
  udp::socket socket(loop.executor());
  socket.open(where.protocol(), ec);
  if (!ec && address.is_v6()) socket.set_option(asio::ip::v6_only(false), ec);
  if (!ec) socket.bind(where, ec);
  udp::endpoint local;
  if (!ec) local = socket.local_endpoint(ec);
  if (ec) return net_error("take datagrams at " + format(at), ec);
  error_code smaller;
  socket.set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes), smaller);
  std::unique_ptr<datagram> out =
      std::make_unique<udp_datagram>(std::make_shared<udp_state>(std::move(socket), local));
  return out;
}

}  // namespace oklog::env
