#include "oklog/sim/gossip_world.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog::sim {
namespace {}  // namespace

std::uint64_t gossip_figures::false_deaths_of_all() const {
  return false_deaths[0][0] + false_deaths[0][1] + false_deaths[1][0] + false_deaths[1][1];
}

gossip_world::gossip_world(const gossip_options& options)
    : options_(options), random_(options.seed), nodes_(options.nodes) {
  std::vector<ulid> ids;
  for (std::size_t i = 0; i < nodes_.size(); ++i) ids.push_back({random_.next(), random_.next()});
  if (options_.acquainted) std::sort(ids.begin(), ids.end());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    inhabitant& n = nodes_[i];
    n.birth.id = ids[i];
    n.birth.data.api_port = 7650;
    n.birth.data.version = "0.1.0";
    n.clock = std::chrono::seconds(random_.below(1'000'000));
    by_id_[ids[i]] = i;
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) begin_life(i, !options_.acquainted && i > 0, 0);
  if (options_.seek_interval > duration::zero()) {
    for (std::size_t i = 1; i < nodes_.size(); ++i) plan(options_.seek_interval, kind::seek, i);
  }
  if (!options_.acquainted) return;
  std::vector<gossip_birth> all;
  for (const inhabitant& n : nodes_) all.push_back(n.birth);
  for (inhabitant& n : nodes_) n.machine->acquaint(clock_of(n), all);
}

gossip_world::~gossip_world() = default;

void gossip_world::trace(std::uint64_t a, std::uint64_t b) {
  trace_ = (trace_ ^ (a * 0x9e3779b97f4a7c15ULL)) * 0xbf58476d1ce4e5b9ULL;
  trace_ ^= (trace_ >> 31) + b;
}

void gossip_world::plan(duration at, kind k, std::size_t node, std::uint64_t what) {
  events_.push_back({at, ++order_, what, static_cast<std::uint32_t>(node), k});
  std::push_heap(events_.begin(), events_.end());
}

void gossip_world::run_for(duration d) {
  const duration end = now_ + d;
  while (!events_.empty() && events_.front().at <= end) step();
  figures_.node_seconds += std::chrono::duration<double>(end - now_).count() * double(running_);
  now_ = end;
}

bool gossip_world::run_until(const std::function<bool()>& done, duration limit) {
  const duration end = now_ + limit;
  while (!done()) {
    if (events_.empty() || events_.front().at > end) {
      run_for(end - now_);
      return done();
    }
    step();
  }
  return true;
}

void gossip_world::step() {
  std::pop_heap(events_.begin(), events_.end());
  const event e = events_.back();
  events_.pop_back();
  figures_.node_seconds += std::chrono::duration<double>(e.at - now_).count() * double(running_);
  now_ = e.at;
  carry_out(e);
}

void gossip_world::carry_out(const event& e) {
  switch (e.kind) {
    case kind::wake: {
      inhabitant& n = nodes_[e.node];
      if (n.wake_planned != e.at) return;  // planned anew meanwhile
      n.wake_planned = duration(-1);
      if (n.machine == nullptr || stalled(n)) return;
      call(e.node, [](gossip_machine& m, boot_time at) {
        if (at >= m.wake_at()) m.wake(at);
      });
      return;
    }
    case kind::arrive:
      return arrive(e.node, e.what);
    case kind::attempt:
      return attempt(e.what);
    case kind::reach:
      return reach(e.what);
    case kind::refuse:
      return finish(e.what, cluster::swim::failure::refused);
    case kind::expire:
      return finish(e.what, cluster::swim::failure::silent);
    case kind::stall:
      return begin_stall(e.node);
    case kind::resume:
      return resume(e.node);
    case kind::seek:
      return seek(e.node);
  }
}

// Gives a running node something to do, and carries out what it asks for.
void gossip_world::call(std::size_t node,
                        const std::function<void(gossip_machine&, boot_time)>& f) {
  f(*nodes_[node].machine, clock_of(nodes_[node]));
  collect(node);
  plan_wake(node);
}

void gossip_world::collect(std::size_t node) {
  cluster::outputs& out = nodes_[node].machine->out();
  for (cluster::datagram& d : out.datagrams) send(node, std::move(d));
  for (cluster::exchange& x : out.exchanges) open(node, std::move(x));
  for (const cluster::event& e : out.events) note(node, e);
  out.clear();
}

void gossip_world::plan_wake(std::size_t i) {
  inhabitant& n = nodes_[i];
  const boot_time due = n.machine->wake_at();
  if (due == boot_time::max()) return;
  const duration at = std::max(now_, due.time_since_epoch() - n.clock);
  if (n.wake_planned >= duration::zero() && n.wake_planned <= at) return;
  n.wake_planned = at;
  plan(at, kind::wake, i);
}

void gossip_world::note(std::size_t observer, const cluster::event& e) {
  trace(static_cast<std::uint64_t>(now_.count()) ^ observer,
        e.who.lo ^ static_cast<std::uint64_t>(e.what));
  const auto found = by_id_.find(e.who);
  if (found == by_id_.end()) return;
  if (e.what == cluster::change::suspected) ++figures_.suspicions;
  if (e.what == cluster::change::died) note_death(observer, found->second);
  if (e.what == cluster::change::left && !runs(found->second)) note_death(observer, found->second);
}

void gossip_world::note_death(std::size_t observer, std::size_t subject) {
  if (runs(subject)) {
    ++figures_.false_deaths[nodes_[observer].starved][nodes_[subject].starved];
    return;
  }
  for (gossip_death& d : deaths_) {
    if (d.node != subject || d.known_by[observer]) continue;
    d.known_by[observer] = true;
    ++d.knowers;
    if (!d.first) d.first = now_ - d.at;
    if (d.knowers == running_ && !d.all) d.all = now_ - d.at;
  }
}

bool gossip_world::agreed() const {
  for (const inhabitant& n : nodes_) {
    if (n.machine == nullptr) continue;
    if (n.machine->living() != running_) return false;
    for (const inhabitant& other : nodes_) {
      if (other.machine == nullptr) continue;
      if (n.machine->believes(other.birth.id) != cluster::state::alive) return false;
      if (n.machine->address_of(other.birth.id) != other.birth.data.gossip) return false;
    }
  }
  return true;
}

std::uint64_t gossip_world::refutes() const {
  std::uint64_t sum = 0;
  for (const inhabitant& n : nodes_) sum += n.machine != nullptr ? n.machine->refutes() : 0;
  return sum;
}

void gossip_world::clear_figures() {
  figures_ = {};
}

}  // namespace oklog::sim
