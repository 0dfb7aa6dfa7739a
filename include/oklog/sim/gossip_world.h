// A cluster of membership machines on virtual time, without their nodes: 3 to 10,000 of them, one
// event at a time, everything from one seed. The same options and calls give the same trace_hash().
//
//   gossip_world world({.nodes = 100, .seed = 7});
//   world.run_for(10s);
//   world.crash(42);
//   world.run_until([&] { return world.deaths().back().all.has_value(); }, 60s);
//
// What is modelled: datagrams with delay, loss, duplication and reordering; connections with the
// retransmissions of TCP; ways blocked in one direction or both; processes that do not run for a
// while (their packets wait in a bounded buffer) or sleep (packets are lost); restarts. Every node
// has a clock of its own, of which only the differences mean anything.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oklog/sim/gossip_machine.h"

namespace oklog::sim {

// Of every datagram and segment; parts are in millionths.
struct gossip_link {
  duration delay = std::chrono::microseconds(500);
  duration jitter = std::chrono::microseconds(250);  // more or less
  unsigned loss = 0;
  unsigned duplicate = 0;
  unsigned reorder = 0;  // comes up to 20 ms later
};

struct gossip_options {
  std::size_t nodes = 3;
  std::uint64_t seed = 1;
  gossip_rules which = gossip_rules::swim;
  cluster::rules rules{};
  gossip_link link{};
  // Everybody knows everybody from the start; else all but the first join through the first.
  bool acquainted = true;
  // So often each node joins through the first, wherever that is, while it does not take it for
  // alive there; 0: never.
  duration seek_interval{};
};

// Since they were last cleared.
struct gossip_figures {
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;    // of these, before any seal
  std::uint64_t largest = 0;  // of these
  std::uint64_t exchanges = 0;
  std::uint64_t exchange_bytes = 0;  // both ways
  double node_seconds = 0;           // lived by all together
  std::uint64_t suspicions = 0;      // begun, by whomever
  // Running nodes taken for dead: [the observer is starved][the subject is starved].
  std::array<std::array<std::uint64_t, 2>, 2> false_deaths{};
  std::uint64_t false_deaths_of_all() const;
};

// A node that has ended, and when others said so: after so long.
struct gossip_death {
  std::size_t node = 0;
  duration at{};
  std::optional<duration> first;
  std::optional<duration> all;  // every node that runs
  std::vector<bool> known_by;
  std::size_t knowers = 0;
};

class gossip_world {
 public:
  static constexpr std::size_t groups_max = 8;

  explicit gossip_world(const gossip_options& options);
  ~gossip_world();
  gossip_world(const gossip_world&) = delete;
  gossip_world& operator=(const gossip_world&) = delete;

  void run_for(duration d);
  // False where `limit` passed before. `done` is asked after every event.
  bool run_until(const std::function<bool()>& done, duration limit);
  duration now() const { return now_; }

  // --- what befalls nodes
  void crash(std::size_t node);  // the machine: silence
  void kill(std::size_t node);   // the process: connections are refused
  // A new life under the same id, at a new address where it `moved`; joins through `seed`.
  void start(std::size_t node, bool moved, std::size_t seed);
  void leave(std::size_t node);  // says so; goes on until it is killed
  void stall(std::size_t node, duration d);
  void suspend(std::size_t node, duration d);
  // From now on it runs for `run` after each stall, beginning somewhere within one.
  void starve(std::size_t node, duration stall, duration run);
  void feed(std::size_t node);  // no longer

  // --- what befalls the net
  gossip_link& link() { return options_.link; }
  void put_into_group(std::size_t node, std::size_t group);
  void block(std::size_t from_group, std::size_t to_group);  // that direction
  void heal();

  // --- what can be seen
  std::size_t size() const { return nodes_.size(); }
  std::size_t running() const { return running_; }
  bool runs(std::size_t node) const { return nodes_[node].machine != nullptr; }
  const gossip_machine& machine(std::size_t node) const { return *nodes_[node].machine; }
  const ulid& id(std::size_t node) const { return nodes_[node].birth.id; }
  // Every running node takes exactly the running ones for alive, and where they are.
  bool agreed() const;
  std::uint64_t refutes() const;
  const std::vector<gossip_death>& deaths() const { return deaths_; }
  const gossip_figures& figures() const { return figures_; }
  void clear_figures();
  std::uint64_t trace_hash() const { return trace_; }

 private:
  struct packet {
    cluster::address from;
    std::string bytes;
  };
  // A request that came over a connection, or the end of one of our own.
  struct stream_end {
    std::uint64_t stream = 0;
    bool at_server = false;
    cluster::swim::failure how{};
  };
  using input = std::variant<packet, stream_end>;
  struct inhabitant {
    gossip_birth birth;
    std::unique_ptr<gossip_machine> machine;
    bool present = true;  // the machine that it runs on
    bool deaf = false;    // asleep
    bool starved = false;
    std::uint8_t group = 0;
    std::uint8_t moves = 0;
    std::uint32_t life = 0;
    duration clock{};  // what it is ahead of ours
    duration stalled_until{};
    duration stall{}, run{};     // of the starved
    duration wake_planned{-1};   // -1: none
    std::vector<input> waiting;  // while it does not run
    std::size_t packets_waiting = 0;
  };
  enum class stage : std::uint8_t { connect, request, reply };
  struct stream {
    std::size_t client = 0;
    std::uint32_t client_life = 0;
    std::size_t server = 0;
    cluster::address to;
    std::uint64_t exchange = 0;
    std::string bytes;  // on the way
    sim::gossip_world::stage stage = stage::connect;
    unsigned tries = 0;
  };
  enum class kind : std::uint8_t {
    wake,
    arrive,
    attempt,
    reach,
    refuse,
    expire,
    stall,
    resume,
    seek
  };
  struct event {
    duration at;
    std::uint64_t order;
    std::uint64_t what;  // packet or stream
    std::uint32_t node;
    gossip_world::kind kind;
    bool operator<(const event& o) const {  // the earliest is the greatest
      return at != o.at ? at > o.at : order > o.order;
    }
  };

  // gossip_world.cc
  void plan(duration at, kind k, std::size_t node, std::uint64_t what = 0);
  void step();
  void carry_out(const event& e);
  void call(std::size_t node, const std::function<void(gossip_machine&, boot_time)>& f);
  void collect(std::size_t node);
  void plan_wake(std::size_t node);
  void note(std::size_t observer, const cluster::event& e);
  void note_death(std::size_t observer, std::size_t subject);
  void note_end(std::size_t node);
  boot_time clock_of(const inhabitant& n) const { return boot_time(n.clock + now_); }
  bool stalled(const inhabitant& n) const { return n.stalled_until > now_; }
  void trace(std::uint64_t a, std::uint64_t b);

  // gossip_net.cc
  std::optional<std::size_t> at_address(const cluster::address& a) const;
  bool passes(std::size_t from, std::size_t to);
  bool happens(unsigned millionths);
  duration way();
  void send(std::size_t from, cluster::datagram d);
  void arrive(std::size_t node, std::uint64_t slot);
  void open(std::size_t client, cluster::exchange x);
  void attempt(std::uint64_t id);
  void attempt_connect(std::uint64_t id, stream& s);
  void reach(std::uint64_t id);
  void finish(std::uint64_t id, cluster::swim::failure how);
  void serve(std::size_t node, std::uint64_t id);
  void end_stream(std::size_t node, const stream_end& e);

  // gossip_faults.cc
  void begin_life(std::size_t node, bool with_joining, std::size_t seed);
  void end_life(std::size_t node);
  void resume(std::size_t node);
  void begin_stall(std::size_t node);
  void seek(std::size_t node);

  gossip_options options_;
  prng random_;
  cluster::data_pool pool_;
  std::vector<inhabitant> nodes_;
  std::map<ulid, std::size_t> by_id_;
  std::vector<event> events_;  // a heap
  std::vector<packet> packets_;
  std::vector<std::uint64_t> free_packets_;
  std::map<std::uint64_t, stream> streams_;
  std::array<std::uint8_t, groups_max> blocked_{};  // by group of the sender: bits of receivers
  std::vector<gossip_death> deaths_;
  gossip_figures figures_;
  duration now_{};
  duration counted_from_{};
  std::size_t running_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t last_stream_ = 0;
  std::uint64_t trace_ = 0;
};

}  // namespace oklog::sim
