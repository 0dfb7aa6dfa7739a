// One member of a simulated cluster, whatever rules it follows: ours (cluster/swim.h), or those of
// memberlist, to compare with. The world (sim/gossip_world.h) owns it and carries out what it asks
// for. Time is the member's own boot time. Inputs are those of cluster::swim.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "oklog/cluster/swim.h"

namespace oklog::sim {

enum class gossip_rules { swim, memberlist };

// Who a member is when it starts.
struct gossip_birth {
  ulid id;
  cluster::member_data data;
  std::uint64_t incarnation = 0;
};

class gossip_machine {
 public:
  virtual ~gossip_machine() = default;

  virtual void begin(boot_time now) = 0;
  // Makes it know these as alive, in the order of their ids, as if it had heard of them long ago.
  virtual void acquaint(boot_time now, std::span<const gossip_birth> others) = 0;
  virtual void receive(boot_time now, const cluster::address& from, std::string_view bytes) = 0;
  virtual std::string answer(boot_time now, std::string_view request) = 0;
  virtual void exchanged(boot_time now, std::uint64_t id, cluster::swim::failure how,
                         std::string_view answer) = 0;
  virtual void wake(boot_time now) = 0;
  virtual boot_time wake_at() const = 0;
  virtual void join(boot_time now, const cluster::address& seed) = 0;
  virtual void leave(boot_time now) = 0;
  virtual cluster::outputs& out() = 0;

  virtual unsigned score() const = 0;
  virtual std::uint64_t refutes() const = 0;
  virtual std::size_t living() const = 0;  // itself included
  // What it believes; nothing where it has not heard of it.
  virtual std::optional<cluster::state> believes(const ulid& who) const = 0;
  // Where it would send a packet for it.
  virtual std::optional<cluster::address> address_of(const ulid& who) const = 0;
};

// `pool` outlives the machine.
std::unique_ptr<gossip_machine> make_gossip_machine(gossip_rules which, const cluster::rules& r,
                                                    cluster::data_pool& pool,
                                                    const gossip_birth& birth, prng random);

}  // namespace oklog::sim
