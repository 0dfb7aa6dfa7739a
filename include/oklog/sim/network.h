// The faults of the simulated network, and its name service. Hosts are named as
// in sim/world.h.
//
// A datagram is lost, comes twice or late as the knobs say, and always where the
// way is blocked when it is sent or when it would arrive.
//
// A connection is two bounded, ordered flows of bytes, each with its latency.
// What a partition holds back is sent again after it heals; after two minutes
// of it both ends see errc::timeout. Bytes that have arrived stay readable
// after a reset; bytes on the way are lost.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "oklog/env/net.h"

namespace oklog::sim {

struct net_state;

// Names are in lower case and complete. A test changes the tables as it likes.
struct name_table {
  std::map<std::string, std::vector<std::string>> addresses;  // A and AAAA, in this order
  std::map<std::string, std::vector<env::srv_target>> services;
  std::map<std::string, std::vector<std::string>> names;  // PTR, by IP
  bool down = false;                                      // every question fails
  duration delay = std::chrono::milliseconds(1);
};

class network {
 public:
  explicit network(std::shared_ptr<net_state> state) : state_(std::move(state)) {}

  name_table& names();

  // How long bytes are on the way, drawn uniformly for each segment; between
  // all hosts, or one way between two.
  void set_latency(duration lowest, duration highest);
  void set_latency(const std::string& from, const std::string& to, duration lowest,
                   duration highest);
  // The bytes that a connection holds each way before a writer waits. For new
  // connections.
  void set_window(std::size_t bytes);
  // No segment is larger, so that readers meet every cut. For what is sent from
  // now on.
  void set_segment_max(std::size_t bytes);

  // Datagrams, and only they: one in so many is lost, arrives twice, or is held back for up to
  // `longest` more, so that later ones overtake it. Between all hosts, or one way between two,
  // which then goes before the former. Within a host none is.
  void set_loss(std::uint64_t num, std::uint64_t den);
  void set_loss(const std::string& from, const std::string& to, std::uint64_t num,
                std::uint64_t den);
  void set_duplication(std::uint64_t num, std::uint64_t den);
  void set_duplication(const std::string& from, const std::string& to, std::uint64_t num,
                       std::uint64_t den);
  void set_reordering(std::uint64_t num, std::uint64_t den, duration longest);
  // Larger ones are lost without a word, as on a path of a smaller MTU.
  void set_datagram_max(std::size_t bytes);
  // While on, what the host sends is refused with busy.
  void fill_send_buffer(const std::string& host, bool on = true);
  // Datagrams that arrived at the host and were dropped: nobody took them, or his buffer was full.
  std::uint64_t dropped_datagrams(const std::string& host) const;

  // Nothing sent by `from` reaches `to`, until unblock or heal. Datagrams are lost.
  void block(const std::string& from, const std::string& to);
  void unblock(const std::string& from, const std::string& to);
  // Blocked now, unblocked after `d`.
  void clog(const std::string& from, const std::string& to, duration d);
  // Both ways between every host inside and every host outside.
  void partition(const std::set<std::string>& inside);
  void heal();

  // Resets every connection between the two.
  void reset(const std::string& a, const std::string& b);
  // After `bytes` more have reached `to` from `from`, the connection that
  // carried the last of them is reset, or ends cleanly where `cleanly`. Happens
  // once.
  void cut_after(const std::string& from, const std::string& to, std::uint64_t bytes,
                 bool cleanly = false);
  // Connections to the host are refused, whoever listens there.
  void refuse(const std::string& host, bool on = true);

  // Open connections in which one end is at the host.
  std::size_t connections(const std::string& host) const;

 private:
  std::shared_ptr<net_state> state_;
};

}  // namespace oklog::sim
