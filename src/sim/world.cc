#include "oklog/sim/world.h"

#include <map>

#include "sim/host_state.h"

namespace oklog::sim {

struct world_state {
  explicit world_state(std::uint64_t s)
      : seed(s),
        random(s),
        net(std::make_shared<net_state>(time, random.fork())),
        faults(net),
        loop(time, random.fork(), nullptr),
        time(s) {
    const std::vector<std::string> both{"127.0.0.1", "::1"};
    net->names.addresses["localhost"] = both;
  }

  // What waits in a listener must not outlive the loop.
  ~world_state() {
    for (auto& h : net->hosts) {
      h.listeners.clear();
      h.ports.clear();
    }
  }

  std::uint64_t seed;
  prng random;
  std::shared_ptr<net_state> net;
  network faults;
  sim_scheduler loop;
  bool print = false;
  std::map<std::string, host> hosts;
  // Last, so that tasks that are still suspended end while their world stands.
  timeline time;
};

world::world(std::uint64_t seed) : state_(std::make_unique<world_state>(seed)) {}

// What waits in a gate must not outlive the loop either.
world::~world() {
  for (auto& [name, h] : state_->hosts) h.state_->gate->clear();
}

host& world::add_host(const std::string& name) {
  const std::size_t index = state_->net->hosts.size();
  ASSERT(index < 250 && !state_->hosts.contains(name), "at most 250 hosts, each once");
  net_host h;
  h.name = name;
  h.ips = {"10.0.0." + std::to_string(index + 1), "fd00::" + std::to_string(index + 1)};
  state_->net->names.addresses[name] = h.ips;
  for (const auto& ip : h.ips) state_->net->names.names[ip] = {name};
  state_->net->hosts.push_back(std::move(h));
  auto made = std::make_shared<host_state>(state_->net, index, state_->random.fork());
  made->print = state_->print;
  return state_->hosts.emplace(name, host(std::move(made))).first->second;
}

host& world::at(const std::string& name) {
  const auto it = state_->hosts.find(name);
  ASSERT(it != state_->hosts.end(), "no such host");
  return it->second;
}

network& world::net() {
  return state_->faults;
}
prng& world::random() {
  return state_->random;
}
std::uint64_t world::seed() const {
  return state_->seed;
}
env::scheduler& world::loop() {
  return state_->loop;
}
duration world::elapsed() const {
  return state_->time.now();
}

std::uint64_t world::events() const {
  return state_->time.events();
}

void world::run_for(duration d) {
  const auto never = [] { return false; };
  run_until(never, d);
}

bool world::run_until(const std::function<bool()>& done, duration limit) {
  const duration end = state_->time.now() + limit;
  do {
    state_->time.settle();
    if (done()) return true;
  } while (state_->time.advance(end));
  return false;
}

void world::print_logs(bool on) {
  state_->print = on;
  for (auto& [name, h] : state_->hosts) h.state_->print = on;
}

void world::trace(std::string_view event) {
  state_->time.trace(event);
}
std::uint64_t world::trace_hash() const {
  return state_->time.trace_hash();
}

}  // namespace oklog::sim
