// Datagrams between simulated hosts: what may happen to one on its way, and the ports.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "oklog/env/task_group.h"
#include "sim/net_state.h"

namespace oklog::sim {

namespace asio = boost::asio;

// A port's buffer. What comes beyond it is lost.
constexpr std::size_t arrived_max = 256;

namespace {

using net_ptr = std::shared_ptr<net_state>;
using port_ptr = std::shared_ptr<datagram_port>;

bool is_v6(const std::string& ip) {
  return ip.find(':') != std::string::npos;
}

// Who takes what comes for `target`: the port of this address, else of every one of its family,
// else of every address.
port_ptr port_at(const net_host& host, const env::endpoint& target) {
  env::endpoint own_family{is_v6(target.ip) ? "::" : "0.0.0.0", target.port};
  env::endpoint every{"::", target.port};
  for (const auto& where : {target, own_family, every}) {
    if (const auto it = host.ports.find(where); it != host.ports.end()) return it->second;
  }
  return nullptr;
}

void arrive(net_state& net, std::size_t from, std::size_t to, const env::endpoint& target,
            const env::packet& p) {
  if (!net.reaches(from, to)) return;
  net_host& host = net.hosts[to];
  net.time.trace(p.bytes, to);
  const port_ptr port = port_at(host, target);
  if (!port || port->arrived.size() == arrived_max) {
    ++host.dropped;
    return;
  }
  port->arrived.push_back(p);
  port->changed.cancel();
}

error stopped(const char* what) {
  return fail(errc::cancelled, std::string(what) + ": stopped");
}

result<env::packet> receive_now(datagram_port& port) {
  if (port.closed) return fail(errc::closed, "receive: the port is closed");
  if (port.arrived.empty()) return fail(errc::busy, "receive: nothing is there");
  env::packet p = std::move(port.arrived.front());
  port.arrived.pop_front();
  return p;
}

env::awaitable<result<env::packet>> receive_from(net_ptr net, port_ptr port) {
  const duration a_turn{};  // of the others
  co_await net->time.sleep(a_turn);
  for (;;) {
    const bool cancelled = co_await env::is_cancelled();
    if (cancelled || port->closed) co_return stopped("receive");
    result<env::packet> got = receive_now(*port);
    if (got) co_return got;
    co_await port->changed.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

class sim_datagram final : public env::datagram {
 public:
  sim_datagram(net_ptr net, std::size_t host, port_ptr port, std::shared_ptr<const bool> alive)
      : net_(std::move(net)), host_(host), port_(std::move(port)), alive_(std::move(alive)) {}
  ~sim_datagram() override { sim_datagram::close(); }

  env::awaitable<result<env::packet>> receive() override { return receive_from(net_, port_); }
  result<env::packet> receive_now() override { return sim::receive_now(*port_); }
  result<> send(const env::endpoint& to, std::string_view bytes) override;
  env::endpoint local() const override { return port_->at; }
  void close() override {
    if (port_->closed) return;
    port_->closed = true;
    port_->changed.cancel();
    net_->hosts[host_].ports.erase(port_->at);
  }

 private:
  env::endpoint sender_to(const env::endpoint& to) const;

  net_ptr net_;
  std::size_t host_;
  port_ptr port_;
  std::shared_ptr<const bool> alive_;
};

// What the receiver sees as the sender.
env::endpoint sim_datagram::sender_to(const env::endpoint& to) const {
  env::endpoint out = port_->at;
  if (out.ip != "0.0.0.0" && out.ip != "::") return out;
  const bool loopback = to.ip.starts_with("127.") || to.ip == "::1";
  out.ip = loopback ? to.ip : net_->hosts[host_].ips[is_v6(to.ip) ? 1 : 0];
  return out;
}

result<> sim_datagram::send(const env::endpoint& to, std::string_view bytes) {
  const auto sentence = [&] { return "send to " + env::format(to); };
  if (port_->closed) return fail(errc::closed, sentence() + ": the port is closed");
  if (bytes.size() > env::datagram_bytes_max) {
    return fail(errc::invalid, sentence() + ": " + std::to_string(bytes.size()) +
                                   " bytes are more than a datagram holds");
  }
  const bool v6 = is_v6(port_->at.ip);
  if (!is_ip(to.ip) || (!v6 && is_v6(to.ip))) {
    return fail(errc::invalid,
                sentence() + ": no IP address that " + env::format(port_->at) + " can send to");
  }
  if (!*alive_) return fail(errc::unavailable, sentence() + ": the machine is gone");
  if (v6 && port_->at.ip != "::" && !is_v6(to.ip)) {
    return fail(errc::unavailable, sentence() + ": network is unreachable");
  }
  if (net_->hosts[host_].sends_full) return fail(errc::busy, sentence() + ": the buffer is full");
  const auto host = net_->host_of(to.ip, host_);
  if (!host) return {};
  env::packet p{sender_to(to), std::string(bytes)};
  net_->transmit(host_, *host, to, std::move(p));
  return {};
}

}  // namespace

void net_state::transmit(std::size_t from, std::size_t to, const env::endpoint& target,
                         env::packet p) {
  const link_state& own = link(from, to);
  const auto happens = [&](const odds& o) {
    return from != to && o.num != 0 && random.chance(o.num, o.den);
  };
  if (!reaches(from, to) || p.bytes.size() > datagrams.bytes_max) return;
  if (happens(own.loss.value_or(datagrams.loss))) return;
  const int copies = happens(own.duplication.value_or(datagrams.duplication)) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    duration way = draw_latency(from, to);
    if (happens(datagrams.reordering)) {
      way +=
          duration(random.below(static_cast<std::uint64_t>(datagrams.held_back_max.count()) + 1));
    }
    time.after(way, [this, from, to, target, p] { arrive(*this, from, to, target, p); });
  }
}

result<std::unique_ptr<env::datagram>> bind_datagram(net_ptr net, std::size_t host,
                                                     const env::endpoint& at,
                                                     std::shared_ptr<const bool> alive) {
  const std::string sentence = "take datagrams at " + env::format(at);
  if (!is_ip(at.ip)) return fail(errc::invalid, "\"" + at.ip + "\" is not an IP address");
  if (!*alive) return fail(errc::unavailable, sentence + ": the machine is gone");
  const bool wildcard = at.ip == "0.0.0.0" || at.ip == "::";
  if (!wildcard && net->host_of(at.ip, host) != host) {
    return fail(errc::unavailable, sentence + ": cannot assign requested address");
  }
  auto& all = net->hosts[host].ports;
  env::endpoint where = at;
  while (where.port == 0 || (at.port == 0 && all.contains(where)))
    where.port = net->free_port(host);
  if (all.contains(where)) return fail(errc::conflict, sentence + ": address already in use");
  auto port = std::make_shared<datagram_port>(net->time, where);
  all[where] = port;
  std::unique_ptr<env::datagram> out =
      std::make_unique<sim_datagram>(std::move(net), host, std::move(port), std::move(alive));
  return out;
}

}  // namespace oklog::sim
