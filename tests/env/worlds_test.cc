#include "env/worlds.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "oklog/env/real.h"

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
  environment peer() override { return real_.env(); }
  int run(std::function<awaitable<int>(environment)> test) override {
    return real_.run(test(real_.env()), [](int) {});
  }

 private:
  real_world real_;
  std::string folder_;
};

}  // namespace

void for_each_world(const std::function<void(world&)>& test) {
  real_test_world real;
  INFO("world: " << real.name());
  test(real);
}

}  // namespace oklog::env
