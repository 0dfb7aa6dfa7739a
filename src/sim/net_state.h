// The simulated network as a whole: hosts, links, listeners, connections.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <optional>

#include "oklog/base/prng.h"
#include "oklog/sim/network.h"
#include "sim/timeline.h"

namespace oklog::sim {

// What every operation of a stopped task answers.
inline error stopped(const char* what) {
  return fail(errc::cancelled, std::string(what) + ": stopped");
}

struct net_state;

struct segment {
  duration due;
  std::string bytes;
  bool fin = false;
  bool reset = false;
};

// Bytes from one end of a connection to the other.
struct flow {
  std::deque<segment> flight;
  std::string ready;
  std::size_t used = 0;  // of the window: on the way or not yet read, as far as
                         // the writer knows
  std::size_t owed = 0;  // read, but the way back is blocked
  bool fin_sent = false;
  bool fin_arrived = false;
};

struct connection_end {
  connection_end(timeline& time, std::size_t at, env::endpoint address)
      : host(at),
        local(std::move(address)),
        changed(time.executor(), boost::asio::steady_timer::time_point::max()) {}
  std::size_t host;
  env::endpoint local;
  bool closed = false;
  bool vanished = false;  // the machine has lost its power: nothing answers
  bool resets = false;    // the kernel of a dead process resets it instead of ending it
  std::optional<error> broken;
  boost::asio::steady_timer changed;  // cancelled to wake who waits here
};

// Two ends; flow i goes from end i to end 1 - i. Kept by the streams.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(net_state& net, connection_end client, connection_end server);
  ~connection();

  // Each is called for the end `i`.
  result<std::size_t> read_now(unsigned i, char* out, std::size_t size);
  // Accepts what the window takes, maybe nothing.
  result<std::size_t> write_now(unsigned i, std::string_view bytes);
  result<> shutdown_send(unsigned i);
  void close(unsigned i, bool abort);
  void vanish(unsigned i);
  void fail_end(unsigned i, error why);
  void send_reset(unsigned i);

  // Delivers in flow i what is due and not blocked.
  void pump(unsigned i);
  bool is_between(std::size_t a, std::size_t b) const;
  bool open() const { return !ends[0].closed || !ends[1].closed; }

  const std::uint64_t id;
  connection_end ends[2];

 private:
  void send(unsigned i, segment s);
  void deliver(unsigned i, segment s);
  bool cut(unsigned i, segment& s);

  net_state& net_;
  std::size_t window_;
  flow flows_[2];
};

// Never where `num` is 0.
struct odds {
  std::uint64_t num = 0;
  std::uint64_t den = 1;
};

struct datagram_faults {
  odds loss;
  odds duplication;
  odds reordering;
  duration held_back_max{};
  std::size_t bytes_max = env::datagram_bytes_max;
};

// A bound port. What has arrived waits here for its owner.
struct datagram_port {
  datagram_port(timeline& time, env::endpoint address)
      : at(std::move(address)),
        changed(time.executor(), boost::asio::steady_timer::time_point::max()) {}
  env::endpoint at;
  std::deque<env::packet> arrived;
  bool closed = false;
  boost::asio::steady_timer changed;
};

struct link_state {
  bool blocked = false;
  std::uint64_t block_number = 0;
  std::optional<std::pair<duration, duration>> latency;
  std::optional<odds> loss;
  std::optional<odds> duplication;
  std::optional<std::uint64_t> cut_after;
  bool cut_cleanly = false;
};

struct listening {
  listening(timeline& time, env::endpoint address)
      : at(std::move(address)),
        changed(time.executor(), boost::asio::steady_timer::time_point::max()) {}
  env::endpoint at;
  std::deque<std::shared_ptr<connection>> backlog;
  bool closed = false;
  boost::asio::steady_timer changed;
};

struct net_host {
  std::string name;
  std::vector<std::string> ips;
  bool power = true;
  bool refusing = false;
  std::uint16_t next_port = 40000;
  std::map<env::endpoint, std::shared_ptr<listening>> listeners;
  std::map<env::endpoint, std::shared_ptr<datagram_port>> ports;
  bool sends_full = false;
  std::uint64_t dropped = 0;
};

struct net_state {
  net_state(timeline& t, prng r) : time(t), random(r) {}

  std::size_t index_of(const std::string& name) const;
  link_state& link(std::size_t from, std::size_t to) { return links[{from, to}]; }
  bool reaches(std::size_t from, std::size_t to);
  duration draw_latency(std::size_t from, std::size_t to);
  // The host that `from` means by `ip`.
  std::optional<std::size_t> host_of(const std::string& ip, std::size_t from) const;
  std::shared_ptr<listening> listener_at(std::size_t host, const env::endpoint& e) const;
  std::uint16_t free_port(std::size_t host);
  std::vector<std::shared_ptr<connection>> live() const;
  // One datagram goes on its way, or is lost.
  void transmit(std::size_t from, std::size_t to, const env::endpoint& target, env::packet p);

  void block(std::size_t from, std::size_t to);
  void unblock(std::size_t from, std::size_t to);
  // The process at the host has died: the kernel closes what it had.
  void end_process(std::size_t host);
  void power_off(std::size_t host);
  void power_on(std::size_t host);

  timeline& time;
  prng random;
  name_table names;
  duration latency_min = std::chrono::microseconds(50);
  duration latency_max = std::chrono::milliseconds(2);
  datagram_faults datagrams;
  std::size_t window = 128 << 10;
  std::size_t segment_max = 16 << 10;
  std::uint64_t last_connection = 0;
  // Before the hosts, whose listeners hold connections that erase themselves
  // here.
  std::map<std::uint64_t, connection*> connections;
  std::vector<net_host> hosts;
  std::map<std::pair<std::size_t, std::size_t>, link_state> links;
};

bool is_ip(const std::string& text);
// One host's view: what its environment holds. `alive` turns false when its
// process dies.
std::unique_ptr<env::network> make_network(std::shared_ptr<net_state> net, std::size_t host,
                                           std::shared_ptr<const bool> alive);
result<std::unique_ptr<env::datagram>> bind_datagram(std::shared_ptr<net_state> net,
                                                     std::size_t host, const env::endpoint& at,
                                                     std::shared_ptr<const bool> alive);
std::unique_ptr<env::stream> make_stream(std::shared_ptr<net_state> net,
                                         std::shared_ptr<connection> c, unsigned end);

}  // namespace oklog::sim
