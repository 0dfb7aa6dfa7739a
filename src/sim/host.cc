#include <algorithm>
#include <cstdio>

#include "oklog/base/assert.h"
#include "sim/host_state.h"

namespace oklog::sim {

// 2026-01-01T00:00:00Z.
constexpr wall_time world_begins{std::chrono::seconds(1767225600)};
// Boot time is not zero when the first process starts.
constexpr duration boot_takes = std::chrono::seconds(10);
constexpr std::size_t log_lines_max = 100'000;

wall_time sim_clock::now() const {
  return world_begins + time_.now() + host_.wall_offset;
}

boot_time sim_clock::boot() const {
  return boot_time(boot_takes + time_.now() - booted_);
}

static duration draw(prng& random, duration low, duration high) {
  return low + duration(random.below(static_cast<std::uint64_t>((high - low).count()) + 1));
}

boost::asio::any_io_executor sim_scheduler::executor() {
  if (host_ == nullptr) return time_.executor();
  return gated_executor(time_.executor(), host_->gate);
}

env::awaitable<void> sim_scheduler::run_on_pool(std::function<void()> work, env::lane) {
  duration wait = std::chrono::microseconds(100);
  if (host_ != nullptr) wait = draw(random_, host_->pool_min, host_->pool_max);
  co_await time_.sleep_through(wait);
  work();
}

void sim_logger::write(log_level level, std::string_view line) {
  timeline& time = host_.net->time;
  time.trace(line, host_.index);
  if (host_.print) {
    std::fprintf(stderr, "%.6f %s: %.*s\n", std::chrono::duration<double>(time.now()).count(),
                 host_.net->hosts[host_.index].name.c_str(), static_cast<int>(line.size()),
                 line.data());
  }
  if (host_.lines.size() == log_lines_max) return;
  log_line entry{time.now(), level, std::string(line)};
  host_.lines.push_back(std::move(entry));
}

life::life(host_state& host, std::unique_ptr<sim::disk> d, prng r)
    : alive(std::make_shared<bool>(true)),
      clock(host.net->time, host, host.booted),
      disk(std::move(d)),
      net(make_network(host.net, host.index, alive)),
      loop(host.net->time, r.fork(), &host),
      random(r.fork()),
      log(host, alive) {}

host_state::host_state(std::shared_ptr<net_state> n, std::size_t i, prng r)
    : net(std::move(n)), index(i), random(r), kept(std::make_unique<sim::disk>()) {
  booted = net->time.now();
  begin();
}

void host_state::begin() {
  lives.emplace_back(*this, std::move(kept), random.fork());
}

void host_state::pause() {
  if (gate->shut() || !alive()) return;
  net->time.trace("pause", index);
  gate->close();
}

void host_state::resume() {
  if (!gate->shut()) return;
  net->time.trace("resume", index);
  gate->open(net->time.executor());
}

void host_state::end(bool power_lost) {
  life& last = lives.back();
  if (!*last.alive) return;
  *last.alive = false;
  net->time.trace(power_lost ? "crash" : "kill", index);
  last.disk->on_operation(nullptr);
  if (!kept) kept = power_lost ? last.disk->crash(random) : last.disk->kill_process();
  last.disk->cut_off();
  if (power_lost) {
    net->power_off(index);
  } else {
    net->end_process(index);
  }
  resume();
}

const std::string& host::name() const {
  return state_->net->hosts[state_->index].name;
}
const std::string& host::ip() const {
  return state_->net->hosts[state_->index].ips[0];
}
const std::string& host::ip6() const {
  return state_->net->hosts[state_->index].ips[1];
}

env::environment host::env() {
  life& now = state_->lives.back();
  return {now.clock, *now.disk, *now.net, now.loop, now.random, now.log};
}

sim::disk& host::disk() {
  return *state_->lives.back().disk;
}
sim::disk& host::stored() {
  return state_->kept ? *state_->kept : disk();
}
const std::vector<log_line>& host::log() const {
  return state_->lines;
}
bool host::alive() const {
  return state_->alive();
}
void host::crash() {
  state_->end(true);
}
void host::kill() {
  state_->end(false);
}

void host::pause() {
  state_->pause();
}
void host::resume() {
  state_->resume();
}
bool host::paused() const {
  return state_->gate->shut();
}

void host::crash_before_operation(std::uint64_t n) {
  ASSERT(n > 0 && alive(), "crash_before_operation: of a living host, from 1");
  auto left = std::make_shared<std::uint64_t>(n);
  disk().on_operation([left, weak = std::weak_ptr(state_)] {
    const auto state = weak.lock();
    if (!state || --*left != 0) return;
    // In the middle of a disk call: the disk ends here, the rest of the machine
    // at once after.
    life& last = state->lives.back();
    state->kept = last.disk->crash(state->random);
    last.disk->cut_off();
    state->net->time.after(duration{}, [weak] {
      if (const auto dying = weak.lock()) dying->end(true);
    });
  });
}

void host::start() {
  ASSERT(!alive(), "start: the host is alive");
  if (!state_->net->hosts[state_->index].power) state_->booted = state_->net->time.now();
  state_->net->power_on(state_->index);
  state_->net->time.trace("start", state_->index);
  state_->begin();
}

void host::lose_disk() {
  ASSERT(!alive(), "lose_disk: the host is alive");
  state_->kept = std::make_unique<sim::disk>();
}

void host::step_wall_clock(duration d) {
  state_->wall_offset += d;
}

void host::set_pool_delay(duration lowest, duration highest) {
  state_->pool_min = lowest;
  state_->pool_max = std::max(lowest, highest);
}

}  // namespace oklog::sim
