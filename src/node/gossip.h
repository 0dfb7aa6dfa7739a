// Gossip: drives the membership machine (cluster/swim.h) over UDP and TCP of one port.
//
//   gossip.cc          datagrams in and out, the machine's timer, joining and leaving
//   gossip_streams.cc  what goes over connections: probes where datagrams are lost, whole tables
//   gossip_seeds.cc    -peer: asked anew, for ever
//   gossip_report.cc   what became known: log, metrics, the membership of the node's other loops
//
// Loop thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "node/membership.h"
#include "oklog/base/metrics.h"
#include "oklog/cluster/packet_guard.h"
#include "oklog/cluster/swim.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/node/config.h"

namespace oklog::node {

struct gossip_metrics {
  explicit gossip_metrics(metrics_registry& registry);
  gauge size;
  std::vector<gauge> members;  // by state
  gauge score;
  gauge news;
  counter packets_in;
  counter packets_out;
  counter bytes_in;
  counter bytes_out;
  counter not_sent;
  std::vector<counter> refused;  // by cluster::refusal
  counter malformed;
  counter refused_members;
  counter probes;
  counter probes_failed;
  counter refutes;
  counter suspicions;
  counter deaths;
  counter stalls;
  counter syncs_equal;
  counter syncs_full;
};

class gossip {
 public:
  gossip(env::environment env, const gossip_options& options, membership& members,
         metrics_registry& registry);
  ~gossip();

  // Reads the keyring, opens the port. Errors name the flag.
  env::awaitable<result<>> open();
  env::endpoint local() const { return listener_->local(); }
  // Decides the address that others are told (advertise.h), takes its place in the membership and
  // starts the loops. `self` is complete but for its gossip address.
  env::awaitable<result<>> start(cluster::member self, env::endpoint api, env::task_group& tasks);

  // Tells the others, for at most `patience`, that we go, and whether records stay behind that
  // nobody else may have.
  env::awaitable<void> leave(bool kept_records, duration patience);
  // The keyring is read again; the old one stays in force where that fails, which is logged.
  env::awaitable<void> reload();
  // Errors: not_found, conflict (it is alive).
  result<> forget(const ulid& id);
  // Tells everybody, where it is another sixteenth than before.
  void set_free_space(env::disk_space space);

  const cluster::swim& machine() const { return *swim_; }

 private:
  // gossip.cc
  env::awaitable<void> receive_loop();
  env::awaitable<void> timer_loop();
  void take(const env::packet& p);
  void carry_out();
  void send(const cluster::datagram& d);
  env::awaitable<result<cluster::keyring>> read_keyring();

  // gossip_streams.cc
  env::awaitable<void> accept_loop();
  env::awaitable<void> serve(std::unique_ptr<env::stream> from);
  env::awaitable<void> run_exchange(cluster::exchange what);
  env::awaitable<result<std::string>> exchange(cluster::address to, std::string request);

  // gossip_seeds.cc
  env::awaitable<void> seed_loop();
  env::awaitable<bool> ask_seed(env::address seed);
  bool is_living(const cluster::address& at) const;

  // gossip_report.cc
  void report(const cluster::event& e);
  void publish();
  env::awaitable<void> count_loop();
  void count();

  env::environment env_;
  gossip_options options_;
  membership& members_;
  gossip_metrics metrics_;
  cluster::data_pool pool_;
  std::unique_ptr<cluster::packet_guard> guard_;
  std::unique_ptr<env::listener> listener_;
  std::unique_ptr<env::datagram> socket_;
  std::unique_ptr<cluster::swim> swim_;
  cluster::swim_counts counted_;
  cluster::member_data own_;
  env::event sooner_;  // the machine wants to be woken before the time that its timer waits for
  boot_time timer_until_{};
  env::task_group connections_;
  std::size_t serving_ = 0;
  bool met_ = false;  // anybody, since the start
  std::map<std::string, bool> seeds_failing_;
};

}  // namespace oklog::node
