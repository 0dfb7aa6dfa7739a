// env::stream over a TCP connection.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "oklog/env/net.h"

namespace oklog::env {

class tcp_stream final : public stream {
 public:
  // REQUIRES: `socket` is connected.
  explicit tcp_stream(boost::asio::ip::tcp::socket socket);
  ~tcp_stream() override;

  awaitable<result<std::size_t>> read_some(char* out, std::size_t size) override;
  awaitable<result<>> wait_readable() override;
  result<std::size_t> read_now(char* out, std::size_t size) override;
  awaitable<result<>> write(std::string_view bytes) override;
  result<> shutdown_send() override;
  void reset_unless_closed() override;
  void close(bool abort) override;
  endpoint remote() const override { return remote_; }

 private:
  boost::asio::ip::tcp::socket socket_;
  endpoint remote_;
  bool lingers_ = false;  // a close without our word is a reset
};

endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& e);

}  // namespace oklog::env
