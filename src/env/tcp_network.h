// env::network over the system's TCP, UDP and resolver.
#pragma once

#include "env/interfaces.h"
#include "env/loop.h"
#include "env/names.h"
#include "env/udp_socket.h"
#include "oklog/env/net.h"

namespace oklog::env {

class tcp_network final : public network {
 public:
  explicit tcp_network(real_loop& loop) : loop_(loop), names_(loop) {}

  result<std::unique_ptr<listener>> listen(const endpoint& at) override;
  awaitable<result<std::unique_ptr<stream>>> connect(const endpoint& to) override;
  result<std::unique_ptr<datagram>> bind_datagram(const endpoint& at) override {
    return bind_udp(loop_, at);
  }
  std::vector<std::string> local_addresses() override { return interface_addresses(); }
  awaitable<result<std::vector<std::string>>> resolve(std::string host) override;
  awaitable<result<std::vector<srv_target>>> resolve_srv(std::string name) override;
  awaitable<result<std::vector<std::string>>> resolve_ptr(std::string ip) override;

 private:
  real_loop& loop_;
  names names_;
};

}  // namespace oklog::env
