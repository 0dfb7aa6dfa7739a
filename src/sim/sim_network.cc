// One host's network: listening, connecting, asking for names.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "oklog/base/assert.h"
#include "oklog/env/task_group.h"
#include "sim/net_state.h"

namespace oklog::sim {

namespace asio = boost::asio;

constexpr std::size_t backlog_max = 4096;

bool is_ip(const std::string& text) {
  boost::system::error_code ec;
  asio::ip::make_address(text, ec);
  return !ec;
}

namespace {

using alive_ptr = std::shared_ptr<const bool>;
using stream_ptr = std::unique_ptr<env::stream>;
using net_ptr = std::shared_ptr<net_state>;

env::awaitable<result<stream_ptr>> accept_from(net_ptr net, std::shared_ptr<listening> l) {
  for (;;) {
    const bool cancelled = co_await env::is_cancelled();
    if (cancelled) co_return stopped("accept");
    if (l->closed) co_return stopped("accept");
    if (!l->backlog.empty()) {
      stream_ptr out = make_stream(net, std::move(l->backlog.front()), 1);
      l->backlog.pop_front();
      co_return out;
    }
    co_await l->changed.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

class sim_listener final : public env::listener {
 public:
  sim_listener(net_ptr net, std::size_t host, std::shared_ptr<listening> l)
      : net_(std::move(net)), host_(host), listening_(std::move(l)) {}
  ~sim_listener() override { sim_listener::close(); }

  env::awaitable<result<stream_ptr>> accept() override { return accept_from(net_, listening_); }
  env::endpoint local() const override { return listening_->at; }
  void close() override {
    if (listening_->closed) return;
    listening_->closed = true;
    for (const auto& c : listening_->backlog) c->close(1, true);
    listening_->backlog.clear();
    listening_->changed.cancel();
    net_->hosts[host_].listeners.erase(listening_->at);
  }

 private:
  net_ptr net_;
  std::size_t host_;
  std::shared_ptr<listening> listening_;
};

// As Linux: the first packet and six more, each after twice as long.
constexpr int connect_tries = 7;

enum class knock { open, refused, silent };

struct dial {
  net_ptr net;
  std::size_t from;
  std::size_t to;
  env::endpoint target;
  std::shared_ptr<connection> made = {};

  // What the other side says to the first packet, which has just arrived.
  knock arrive() {
    if (!net->reaches(from, to) || !net->reaches(to, from)) return knock::silent;
    const auto l = net->listener_at(to, target);
    if (!l || net->hosts[to].refusing) return knock::refused;
    if (l->backlog.size() >= backlog_max) return knock::silent;
    const bool loopback = target.ip.starts_with("127.") || target.ip == "::1";
    const bool v6 = target.ip.find(':') != std::string::npos;
    env::endpoint local;
    local.ip = loopback ? target.ip : net->hosts[from].ips[v6 ? 1 : 0];
    local.port = net->free_port(from);
    connection_end client(net->time, from, std::move(local));
    connection_end server(net->time, to, target);
    made = std::make_shared<connection>(*net, std::move(client), std::move(server));
    net->time.trace("connect", made->id);
    l->backlog.push_back(made);
    l->changed.cancel();
    return knock::open;
  }
};

env::awaitable<result<stream_ptr>> connect_to(net_ptr net, std::size_t from, env::endpoint to,
                                              alive_ptr alive) {
  const std::string sentence = "connect to " + env::format(to);
  const bool cancelled2 = co_await env::is_cancelled();
  if (cancelled2) co_return stopped("connect");
  if (!is_ip(to.ip)) co_return fail(errc::invalid, "\"" + to.ip + "\" is not an IP address");
  const auto host = net->host_of(to.ip, from);
  if (!host || !*alive) co_return fail(errc::unavailable, sentence + ": no route to host");
  dial d{net, from, *host, to};
  duration patience = std::chrono::seconds(1);
  for (int attempt = 0; attempt < connect_tries; ++attempt, patience *= 2) {
    co_await net->time.sleep(net->draw_latency(from, d.to));
    const bool cancelled3 = co_await env::is_cancelled();
    if (cancelled3) co_return stopped("connect");
    if (!*alive) co_return fail(errc::unavailable, sentence + ": no route to host");
    const knock answer = d.arrive();
    co_await net->time.sleep(answer == knock::silent ? patience : net->draw_latency(d.to, from));
    if (answer == knock::open) {
      stream_ptr out = make_stream(net, std::move(d.made), 0);
      const bool cancelled4 = co_await env::is_cancelled();
      if (cancelled4) co_return stopped("connect");
      co_return out;
    }
    const bool cancelled5 = co_await env::is_cancelled();
    if (cancelled5) co_return stopped("connect");
    if (answer == knock::refused) {
      co_return fail(errc::unavailable, sentence + ": connection refused");
    }
  }
  co_return fail(errc::timeout, sentence + ": connection timed out");
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

template <class Value>
env::awaitable<result<Value>> look_up(net_ptr net, std::map<std::string, Value> name_table::*table,
                                      std::string name) {
  const bool cancelled6 = co_await env::is_cancelled();
  if (cancelled6) co_return stopped("resolve");
  co_await net->time.sleep(net->names.delay);
  const bool cancelled7 = co_await env::is_cancelled();
  if (cancelled7) co_return stopped("resolve");
  const auto& all = net->names.*table;
  const auto it = all.find(lower(name));
  if (net->names.down || it == all.end() || it->second.empty()) {
    co_return fail(errc::unavailable, "resolve " + name + ": unknown name");
  }
  Value out = it->second;
  co_return out;
}

env::awaitable<result<std::vector<std::string>>> one(std::string answer) {
  std::vector<std::string> out(1, std::move(answer));
  co_return out;
}

class sim_network final : public env::network {
 public:
  sim_network(net_ptr net, std::size_t host, alive_ptr alive)
      : net_(std::move(net)), host_(host), alive_(std::move(alive)) {}

  result<std::unique_ptr<env::listener>> listen(const env::endpoint& at) override;
  env::awaitable<result<stream_ptr>> connect(const env::endpoint& to) override {
    return connect_to(net_, host_, to, alive_);
  }
  result<std::unique_ptr<env::datagram>> bind_datagram(const env::endpoint& at) override {
    return sim::bind_datagram(net_, host_, at, alive_);
  }
  std::vector<std::string> local_addresses() override { return net_->hosts[host_].ips; }
  env::awaitable<result<std::vector<std::string>>> resolve(std::string host) override {
    if (is_ip(host)) return one(std::move(host));
    return look_up(net_, &name_table::addresses, std::move(host));
  }
  env::awaitable<result<std::vector<env::srv_target>>> resolve_srv(std::string name) override {
    return look_up(net_, &name_table::services, std::move(name));
  }
  env::awaitable<result<std::vector<std::string>>> resolve_ptr(std::string ip) override {
    return look_up(net_, &name_table::names, std::move(ip));
  }

 private:
  net_ptr net_;
  std::size_t host_;
  alive_ptr alive_;
};

result<std::unique_ptr<env::listener>> sim_network::listen(const env::endpoint& at) {
  const std::string sentence = "listen on " + env::format(at);
  if (!is_ip(at.ip)) return fail(errc::invalid, "\"" + at.ip + "\" is not an IP address");
  if (!*alive_) return fail(errc::unavailable, sentence + ": the machine is gone");
  const bool wildcard = at.ip == "0.0.0.0" || at.ip == "::";
  if (!wildcard && net_->host_of(at.ip, host_) != host_) {
    return fail(errc::unavailable, sentence + ": cannot assign requested address");
  }
  auto& all = net_->hosts[host_].listeners;
  env::endpoint where = at;
  while (where.port == 0 || (at.port == 0 && all.contains(where))) {
    where.port = net_->free_port(host_);
  }
  if (all.contains(where)) return fail(errc::conflict, sentence + ": address already in use");
  auto l = std::make_shared<listening>(net_->time, where);
  all[where] = l;
  std::unique_ptr<env::listener> out = std::make_unique<sim_listener>(net_, host_, std::move(l));
  return out;
}

}  // namespace

std::unique_ptr<env::network> make_network(net_ptr net, std::size_t host, alive_ptr alive) {
  return std::make_unique<sim_network>(std::move(net), host, std::move(alive));
}

}  // namespace oklog::sim
