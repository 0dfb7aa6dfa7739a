// A simulated host: the lives it has had, one after the other.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "oklog/sim/world.h"
#include "sim/gate.h"
#include "sim/net_state.h"
#include "sim/timeline.h"

namespace oklog::sim {

class sim_clock final : public env::clock {
 public:
  sim_clock(const timeline& time, const host_state& host, duration booted)
      : time_(time), host_(host), booted_(booted) {}
  wall_time now() const override;
  boot_time boot() const override;

 private:
  const timeline& time_;
  const host_state& host_;
  duration booted_;
};

class sim_scheduler final : public env::scheduler {
 public:
  sim_scheduler(timeline& time, prng random, const host_state* host)
      : time_(time), random_(random), host_(host) {}
  boost::asio::any_io_executor executor() override;
  std::unique_ptr<env::alarm> call_after(duration d, std::function<void()> what) override {
    return time_.call_after(executor(), d, std::move(what));
  }
  env::awaitable<void> sleep(duration d) override { return time_.sleep(d); }
  env::awaitable<void> run_on_pool(std::function<void()> work, env::lane on) override;
  unsigned pool_threads(env::lane) const override { return 2; }

 private:
  timeline& time_;
  prng random_;
  const host_state* host_;  // none: the world's own
};

class sim_logger final : public logger {
 public:
  sim_logger(host_state& host, std::shared_ptr<const bool> alive)
      : host_(host), alive_(std::move(alive)) {}

 protected:
  bool wants(log_level) const override { return *alive_; }
  void write(log_level level, std::string_view line) override;

 private:
  host_state& host_;
  std::shared_ptr<const bool> alive_;
};

// What an environment refers to. Kept when it is over, since a dead node may
// still ask.
struct life {
  life(host_state& host, std::unique_ptr<sim::disk> d, prng random);

  std::shared_ptr<bool> alive;
  sim_clock clock;
  std::unique_ptr<sim::disk> disk;
  std::unique_ptr<env::network> net;
  sim_scheduler loop;
  prng random;
  sim_logger log;
};

struct host_state {
  host_state(std::shared_ptr<net_state> n, std::size_t i, prng r);

  void end(bool power_lost);
  void begin();
  bool alive() const { return *lives.back().alive; }
  void pause();
  void resume();

  std::shared_ptr<net_state> net;
  std::size_t index;
  prng random;
  std::shared_ptr<sim::gate> gate = std::make_shared<sim::gate>();
  duration wall_offset{};
  duration booted{};  // when the machine was last switched on
  duration pool_min = std::chrono::microseconds(20);
  duration pool_max = std::chrono::milliseconds(1);
  std::vector<log_line> lines;
  bool print = false;
  std::unique_ptr<sim::disk> kept;  // what the next life will find
  std::deque<life> lives;           // the last is the present one
};

}  // namespace oklog::sim
