// gossip_world: the lives of nodes, and what befalls them.
#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/sim/gossip_world.h"

namespace oklog::sim {
namespace {

constexpr std::uint64_t begin_ms = 1'795'000'000'000;  // the unix time at which a world begins
constexpr std::uint16_t gossip_port = 7659;

cluster::address address_of(std::size_t node, std::uint8_t moves) {
  cluster::address a;
  a.ip[10] = a.ip[11] = 0xff;
  a.ip[12] = 10;
  a.ip[13] = moves;
  a.ip[14] = static_cast<std::uint8_t>(node >> 8);
  a.ip[15] = static_cast<std::uint8_t>(node);
  a.port = gossip_port;
  return a;
}

}  // namespace

void gossip_world::begin_life(std::size_t i, bool joins, std::size_t seed) {
  ASSERT(nodes_.size() <= 65536, "more nodes than addresses");
  inhabitant& n = nodes_[i];
  const auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now_).count());
  n.birth.data.gossip = address_of(i, n.moves);
  n.birth.incarnation = (begin_ms + ms) << 16;
  n.machine = make_gossip_machine(options_.which, options_.rules, pool_, n.birth, random_.fork());
  n.present = true;
  n.deaf = false;
  ++n.life;
  ++running_;
  const cluster::address where = nodes_[seed].birth.data.gossip;
  call(i, [&](gossip_machine& m, boot_time at) {
    m.begin(at);
    if (joins) m.join(at, where);
  });
}

void gossip_world::end_life(std::size_t i) {
  inhabitant& n = nodes_[i];
  if (n.machine == nullptr) return;
  n.machine.reset();
  n.waiting.clear();
  n.packets_waiting = 0;
  n.stalled_until = {};
  n.starved = false;
  n.wake_planned = duration(-1);
  --running_;
  gossip_death d;
  d.node = i;
  d.at = now_;
  d.known_by.resize(nodes_.size());
  deaths_.push_back(std::move(d));
}

void gossip_world::crash(std::size_t i) {
  end_life(i);
  nodes_[i].present = false;
}

void gossip_world::kill(std::size_t i) {
  end_life(i);
}

void gossip_world::start(std::size_t i, bool moved, std::size_t seed) {
  ASSERT(!runs(i), "a node that runs is started");
  if (moved) ++nodes_[i].moves;
  begin_life(i, true, seed);
}

void gossip_world::leave(std::size_t i) {
  call(i, [](gossip_machine& m, boot_time at) { m.leave(at); });
}

void gossip_world::stall(std::size_t i, duration d) {
  inhabitant& n = nodes_[i];
  if (n.machine == nullptr) return;
  n.stalled_until = std::max(n.stalled_until, now_ + d);
  plan(n.stalled_until, kind::resume, i);
}

void gossip_world::suspend(std::size_t i, duration d) {
  stall(i, d);
  nodes_[i].deaf = nodes_[i].machine != nullptr;
}

void gossip_world::starve(std::size_t i, duration stall, duration run) {
  inhabitant& n = nodes_[i];
  n.starved = true;
  n.stall = stall;
  n.run = run;
  const duration begun(random_.below(static_cast<std::uint64_t>(stall.count())));
  this->stall(i, stall - begun);
}

void gossip_world::feed(std::size_t i) {
  nodes_[i].starved = false;
}

void gossip_world::begin_stall(std::size_t i) {
  if (nodes_[i].starved && !stalled(nodes_[i])) stall(i, nodes_[i].stall);
}

// What has waited comes in the order in which it arrived, then timers that are long overdue.
void gossip_world::resume(std::size_t i) {
  inhabitant& n = nodes_[i];
  if (n.machine == nullptr || stalled(n)) return;
  n.deaf = false;
  const std::vector<input> waiting = std::exchange(n.waiting, {});
  n.packets_waiting = 0;
  const std::uint32_t life = n.life;
  for (const input& in : waiting) {
    if (n.life != life || n.machine == nullptr) return;
    if (const auto* p = std::get_if<packet>(&in)) {
      call(i, [p](gossip_machine& m, boot_time at) { m.receive(at, p->from, p->bytes); });
    } else if (const auto& e = std::get<stream_end>(in); e.at_server) {
      serve(i, e.stream);
    } else {
      end_stream(i, e);
    }
  }
  call(i, [](gossip_machine& m, boot_time at) {
    if (at >= m.wake_at()) m.wake(at);
  });
  if (n.starved) plan(now_ + n.run, kind::stall, i);
}

void gossip_world::seek(std::size_t i) {
  plan(now_ + options_.seek_interval, kind::seek, i);
  const inhabitant& n = nodes_[i];
  if (n.machine == nullptr || stalled(n)) return;
  const gossip_birth& first = nodes_[0].birth;
  const bool alive = n.machine->believes(first.id) == cluster::state::alive;
  if (alive && n.machine->address_of(first.id) == first.data.gossip) return;
  call(i, [&first](gossip_machine& m, boot_time at) { m.join(at, first.data.gossip); });
}

void gossip_world::put_into_group(std::size_t i, std::size_t group) {
  ASSERT(group < groups_max, "no such group");
  nodes_[i].group = static_cast<std::uint8_t>(group);
}

void gossip_world::block(std::size_t from, std::size_t to) {
  blocked_[from] = static_cast<std::uint8_t>(blocked_[from] | 1U << to);
}

void gossip_world::heal() {
  blocked_ = {};
}

}  // namespace oklog::sim
