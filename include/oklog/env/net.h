// The network: byte streams, listeners, datagrams, names. Nothing above env knows a socket, so TLS
// is one more stream. Loop thread only. All operations can be cancelled (errc::cancelled).
//
// Errors: closed (the peer ended or reset the connection), unavailable (refused, unreachable,
// unknown name), timeout, cancelled, busy (out of descriptors), conflict (the port is taken),
// invalid, io.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/env/scheduler.h"

namespace oklog::env {

// An IP address in text and a port; IPv6 without brackets.
struct endpoint {
  std::string ip;
  std::uint16_t port = 0;
  friend auto operator<=>(const endpoint&, const endpoint&) = default;
};
std::string format(const endpoint& e);  // "127.0.0.1:7650", "[::1]:7650"

class stream {
 public:
  virtual ~stream() = default;
  // At least one byte; 0 at the end of the stream (half-close).
  virtual awaitable<result<std::size_t>> read_some(char* out, std::size_t size) = 0;
  // Waits until read_now has something to say, without owning a buffer meanwhile.
  virtual awaitable<result<>> wait_readable() = 0;
  // What is there now, without waiting: bytes read, 0 at the end, or busy when there is nothing.
  virtual result<std::size_t> read_now(char* out, std::size_t size) = 0;
  // All of it. Success: with the kernel.
  virtual awaitable<result<>> write(std::string_view bytes) = 0;
  // Half-close: the peer reads the end, we can still read.
  virtual result<> shutdown_send() = 0;
  // From now on the peer sees a reset, not an orderly end, where our process dies before close().
  // For who means something by its close. (What lives in memory has no process to lose.)
  virtual void reset_unless_closed() {}
  // Ends it; pending operations fail with cancelled. A reset where bytes were lost or `abort`.
  virtual void close(bool abort = false) = 0;
  virtual endpoint remote() const = 0;
};

class listener {
 public:
  virtual ~listener() = default;
  virtual awaitable<result<std::unique_ptr<stream>>> accept() = 0;
  virtual endpoint local() const = 0;
  virtual void close() = 0;
};

// What one datagram may hold: the most that IPv4 carries.
inline constexpr std::size_t datagram_bytes_max = 65507;

struct packet {
  endpoint from;  // an IPv4 sender is shown as IPv4, also by a socket of "::"
  std::string bytes;
};

// A port for datagrams, each of which arrives whole, or twice, or late, or never. That nobody
// listens at a peer is no error of this port. A sender who wants to know whether anything arrived
// asks for an answer.
class datagram {
 public:
  virtual ~datagram() = default;
  // Waits for the next one, and always gives other tasks their turn before.
  virtual awaitable<result<packet>> receive() = 0;
  // What is there now; busy when there is nothing. Whoever drains sets himself a limit.
  virtual result<packet> receive_now() = 0;
  // Never waits. Success: with the kernel. Errors: busy (its buffer is full), invalid (no IP, the
  // wrong family, over datagram_bytes_max), closed, unavailable.
  virtual result<> send(const endpoint& to, std::string_view bytes) = 0;
  virtual endpoint local() const = 0;
  // A pending receive fails with cancelled.
  virtual void close() = 0;
};

struct srv_target {
  std::string host;
  std::uint16_t port;
};

class network {
 public:
  virtual ~network() = default;
  // Port 0 takes a free one. Error: the sentence names the address.
  virtual result<std::unique_ptr<listener>> listen(const endpoint& at) = 0;
  virtual awaitable<result<std::unique_ptr<stream>>> connect(const endpoint& to) = 0;
  // Ports of datagrams are other ports than a listener's. "::" takes IPv4 as well; port 0 takes a
  // free one.
  virtual result<std::unique_ptr<datagram>> bind_datagram(const endpoint& at) = 0;
  // The IPs under which other machines may know this one: of all interfaces that are up, in the
  // system's order, without loopback and link-local ones. Maybe none.
  virtual std::vector<std::string> local_addresses() = 0;

  // A and AAAA, in the system's order; an IP literal answers itself.
  virtual awaitable<result<std::vector<std::string>>> resolve(std::string host) = 0;
  // By priority, weight not applied. `name` is complete ("_oklog._tcp.example.org").
  virtual awaitable<result<std::vector<srv_target>>> resolve_srv(std::string name) = 0;
  virtual awaitable<result<std::vector<std::string>>> resolve_ptr(std::string ip) = 0;
};

}  // namespace oklog::env
