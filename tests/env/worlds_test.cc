#include "env/worlds.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "oklog/env/real.h"
#include "oklog/env/task_group.h"
#include "oklog/sim/world.h"

namespace oklog::env {

namespace {

class real_test_world final : public world {
 public:
  real_test_world() : real_(make_null_logger(), 2) {
    std::string pattern = std::filesystem::temp_directory_path() / "oklog-env-XXXXXX";
    const char* made = ::mkdtemp(pattern.data());
    REQUIRE(made != nullptr);
    folder_ = made;
  }
  ~real_test_world() override { std::filesystem::remove_all(folder_); }

  std::string name() const override { return "real"; }
  environment env() override { return real_.env(); }
  std::string folder() const override { return folder_; }
  std::string ip() const override { return "127.0.0.1"; }
  void plant_other(const std::string& path) override { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
  int run(awaitable<int> main) override {
    return real_.run(std::move(main), [](int) {});
  }

 private:
  real_world real_;
  std::string folder_;
};

class sim_test_world final : public world {
 public:
  sim_test_world() : host_(sim_.add_host("a")) { host_.disk().plant_directory("/data"); }

  std::string name() const override { return "simulated"; }
  environment env() override { return host_.env(); }
  std::string folder() const override { return "/data"; }
  std::string ip() const override { return host_.ip(); }
  void plant_other(const std::string& path) override { host_.disk().plant_other(path); }
  int run(awaitable<int> main) override { return sim_.run(std::move(main)); }

 private:
  sim::world sim_{1};
  sim::host& host_;
};

awaitable<void> nothing() {
  co_return;
}

}  // namespace

// Tasks begin in the order in which they were spawned.
awaitable<void> let_begin(scheduler& loop) {
  task_group last(loop);
  last.spawn(nothing());
  co_await last.join();
}

void for_each_world(const std::function<void(world&)>& test) {
  {
    real_test_world real;
    INFO("world: " << real.name());
    test(real);
  }
  sim_test_world simulated;
  INFO("world: " << simulated.name());
  test(simulated);
}

void run_in_each_world(awaitable<int> (*test)(world&)) {
  for_each_world([&](world& w) { CHECK(w.run(test(w)) == 0); });
}

}  // namespace oklog::env
