// The rules of HashiCorp's memberlist with the defaults of its DefaultLANConfig, to compare ours
// with in the same simulator. A model: its messages are in our encoding, its goroutines are timers;
// what decides detection, false positives and load follows its source (state.go, suspicion.go,
// awareness.go, queue.go of v0.5). Left out: encryption, compression, conflicts, reclaiming.
#pragma once

#include <map>
#include <vector>

#include "oklog/cluster/suspicion.h"
#include "oklog/sim/gossip_machine.h"
#include "sim/memberlist_queue.h"

namespace oklog::sim {

struct memberlist_config {
  duration probe_interval = std::chrono::seconds(1);
  duration probe_timeout = std::chrono::milliseconds(500);
  unsigned indirect_checks = 3;
  unsigned suspicion_mult = 4;
  unsigned suspicion_max_timeout_mult = 6;
  unsigned retransmit_mult = 4;
  duration gossip_interval = std::chrono::milliseconds(200);
  unsigned gossip_nodes = 3;
  duration gossip_to_the_dead = std::chrono::seconds(30);
  duration push_pull_interval = std::chrono::seconds(30);
  duration tcp_timeout = std::chrono::seconds(10);
  unsigned awareness_max = 8;
  std::size_t udp_buffer = 1400;
};

class memberlist final : public gossip_machine {
 public:
  memberlist(cluster::data_pool& pool, const gossip_birth& birth, prng random);

  void begin(boot_time now) override;
  void acquaint(boot_time now, std::span<const gossip_birth> others) override;
  void receive(boot_time now, const cluster::address& from, std::string_view bytes) override;
  std::string answer(boot_time now, std::string_view request) override;
  void exchanged(boot_time now, std::uint64_t id, cluster::swim::failure how,
                 std::string_view answer) override;
  void wake(boot_time now) override;
  boot_time wake_at() const override;
  void join(boot_time now, const cluster::address& seed) override;
  void leave(boot_time now) override;
  cluster::outputs& out() override { return out_; }

  unsigned score() const override { return score_; }
  std::uint64_t refutes() const override { return refutes_; }
  std::size_t living() const override { return living_; }
  std::optional<cluster::state> believes(const ulid& who) const override;
  std::optional<cluster::address> address_of(const ulid& who) const override;

 private:
  static constexpr boot_time never = boot_time::max();
  struct entry {
    cluster::data_ptr data;
    std::uint64_t incarnation = 0;
    boot_time since{};
    cluster::state state = cluster::state::dead;
    bool reaped = false;  // unknown again
  };
  struct probe {
    ulid target;
    std::uint32_t seq = 0;
    boot_time ask_at{};  // others; never: done
    boot_time deadline{};
    unsigned expected_nacks = 0;
    unsigned nacks = 0;
    std::uint64_t exchange = 0;
  };
  struct relay {
    cluster::address origin;
    std::uint32_t origin_seq = 0;
    boot_time nack_at{};
    boot_time until{};
  };

  // memberlist.cc
  std::uint32_t& slot_of(const ulid& id);
  entry* find(const ulid& id);
  const entry* find(const ulid& id) const;
  entry& add(const ulid& id, const cluster::member_data& data, std::size_t at);
  void grow_index();
  bool lives(const entry& e) const;
  void set(boot_time now, entry& e, cluster::state s);
  std::vector<std::size_t> some(std::size_t wanted, const ulid& but, boot_time now, bool gossip);
  void send(const cluster::address& to, std::string packet);
  void spread(boot_time now, const ulid& about, const cluster::message& m);
  void report(cluster::change what, const entry& e);
  void gossip(boot_time now);
  void add_score(int by);

  // memberlist_probe.cc
  void tick(boot_time now);
  std::size_t next_target(boot_time now);
  void wrap(boot_time now);
  void ask_others(boot_time now);
  void fail_probe(boot_time now);
  void run_relays(boot_time now);
  void on(boot_time now, const cluster::address& from, const cluster::msg::ping& m);
  void on(boot_time now, const cluster::address& from, const cluster::msg::ack& m);
  void on(boot_time now, const cluster::address& from, const cluster::msg::ping_for& m);
  void on(boot_time now, const cluster::address& from, const cluster::msg::nack& m);

  // memberlist_state.cc
  void on(boot_time now, const cluster::address& from, const cluster::msg::alive& m);
  void on(boot_time now, const cluster::address& from, const cluster::msg::suspect& m);
  void on(boot_time now, const cluster::address& from, const cluster::msg::dead& m);
  void on(boot_time now, const cluster::address& from, const cluster::msg::left& m);
  void on(boot_time, const cluster::address&, const cluster::msg::sync&) {}
  void on(boot_time, const cluster::address&, const cluster::msg::same&) {}
  void on(boot_time, const cluster::address&, const cluster::msg::done&) {}
  void on(boot_time now, const cluster::address& from, const cluster::msg::table& m);
  void refute(boot_time now, std::uint64_t accused);
  void run_suspicions(boot_time now);
  void push_pull(boot_time now, const cluster::address& to);
  std::string whole_table() const;

  const memberlist_config config_{};
  cluster::data_pool& pool_;
  ulid id_;
  cluster::member_data own_;
  std::uint64_t incarnation_;
  prng random_;
  cluster::outputs out_;
  std::vector<entry> entries_;        // in order of arrival; ourselves first
  std::vector<std::uint32_t> index_;  // open addressing over the ids; place + 1
  std::vector<std::uint32_t> order_;  // in which they are probed
  std::size_t next_ = 0;              // in order_
  std::size_t living_ = 0;
  std::size_t known_ = 0;  // living or dead, not reaped
  memberlist_queue news_;
  std::map<ulid, cluster::suspicion> suspicions_;
  std::map<std::uint32_t, relay> relays_;
  std::optional<probe> probe_;
  unsigned score_ = 0;
  std::uint64_t refutes_ = 0;
  std::uint32_t seq_ = 0;
  std::uint64_t last_exchange_ = 0;
  bool leaving_ = false;
  boot_time gossip_phase_{};
  boot_time next_tick_ = never;
  boot_time next_gossip_ = never;
  boot_time next_push_pull_ = never;
  boot_time suspicions_due_ = never;
  boot_time relays_due_ = never;
};

}  // namespace oklog::sim
