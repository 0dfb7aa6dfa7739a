// Our own rules as a machine of the simulated cluster.
#pragma once

#include "oklog/sim/gossip_machine.h"

namespace oklog::sim {

class swim_machine final : public gossip_machine {
 public:
  swim_machine(const cluster::rules& r, cluster::data_pool& pool, const gossip_birth& birth,
               prng random)
      : pool_(pool), swim_(r, pool, birth.id, birth.data, birth.incarnation, random) {}

  void begin(boot_time now) override { swim_.begin(now); }
  void acquaint(boot_time now, std::span<const gossip_birth> others) override;
  void receive(boot_time now, const cluster::address& from, std::string_view bytes) override {
    swim_.receive(now, from, bytes);
  }
  std::string answer(boot_time now, std::string_view request) override {
    return swim_.answer(now, request);
  }
  void exchanged(boot_time now, std::uint64_t id, cluster::swim::failure how,
                 std::string_view answer) override {
    swim_.exchanged(now, id, how, answer);
  }
  void wake(boot_time now) override { swim_.wake(now); }
  boot_time wake_at() const override { return swim_.wake_at(); }
  void join(boot_time now, const cluster::address& seed) override { swim_.join(now, seed); }
  void leave(boot_time now) override { swim_.leave(now); }
  cluster::outputs& out() override { return swim_.out; }

  unsigned score() const override { return swim_.score(); }
  std::uint64_t refutes() const override { return swim_.counts().refutes; }
  std::size_t living() const override { return swim_.living(); }
  std::optional<cluster::state> believes(const ulid& who) const override;
  std::optional<cluster::address> address_of(const ulid& who) const override;

 private:
  cluster::data_pool& pool_;
  cluster::swim swim_;
};

}  // namespace oklog::sim
