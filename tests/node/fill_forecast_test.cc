// When a disk will be full.
#include "node/fill_forecast.h"

#include <catch2/catch.hpp>

#include "oklog/base/prng.h"

namespace oklog::node {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t one_mib = 1 << 20;

boot_time at(duration d) {
  return boot_time(d);
}
double seconds(std::optional<duration> d) {
  return d ? std::chrono::duration<double>(*d).count() : -1;
}

}  // namespace

TEST_CASE("forecast: a disk that fills evenly is full when the line says so", "[node]") {
  fill_forecast f;
  for (int s = 0; s <= 300; ++s)
    f.note(at(s * 1s), 10'000 * one_mib - static_cast<unsigned>(s) * one_mib);
  // 9,700 MiB are free, 700 are kept, one goes each second.
  CHECK(seconds(f.full_in(700 * one_mib)) == Approx(9000).epsilon(0.01));
  CHECK(*f.rate() == Approx(double(one_mib)).epsilon(0.01));
  CHECK(seconds(f.full_in(9'700 * one_mib)) == 0);
  CHECK(seconds(f.full_in(20'000 * one_mib)) == 0);
}

TEST_CASE("forecast: nothing is said before a minute has been seen, or where nothing fills",
          "[node]") {
  fill_forecast f;
  CHECK_FALSE(f.full_in(0));
  f.note(at(0s), 1000 * one_mib);
  CHECK_FALSE(f.full_in(0));
  f.note(at(50s), 900 * one_mib);
  CHECK_FALSE(f.full_in(0));
  fill_forecast emptying;
  fill_forecast still;
  for (int s = 0; s < 600; s += 10) {
    emptying.note(at(s * 1s), 1000 * one_mib + static_cast<unsigned>(s));
    still.note(at(s * 1s), 1000 * one_mib);
  }
  CHECK_FALSE(emptying.full_in(0));
  CHECK_FALSE(still.full_in(0));
  CHECK(*still.rate() == 0);
}

TEST_CASE("forecast: steps up and down, as compaction makes them, bend it little", "[node]") {
  fill_forecast f;
  prng random(3);
  for (int s = 0; s <= 600; ++s) {
    const std::uint64_t noise = random.below(200) * one_mib;
    f.note(at(s * 1s), 100'000 * one_mib - static_cast<unsigned>(s) * 5 * one_mib + noise);
  }
  CHECK(*f.rate() == Approx(5.0 * one_mib).epsilon(0.15));
}

TEST_CASE("forecast: what was ten minutes ago is forgotten", "[node]") {
  fill_forecast f;
  for (int s = 0; s < 3600; s += 10)
    f.note(at(s * 1s), 10'000 * one_mib - static_cast<unsigned>(s) * one_mib);
  REQUIRE(f.full_in(0));
  for (int s = 3600; s < 4300; s += 10) f.note(at(s * 1s), 6'400 * one_mib);
  CHECK_FALSE(f.full_in(0));
}

TEST_CASE("forecast: a year is for ever", "[node]") {
  fill_forecast f;
  for (int s = 0; s <= 600; s += 10) f.note(at(s * 1s), (1ULL << 50) - static_cast<unsigned>(s));
  CHECK(*f.rate() == Approx(1));
  CHECK_FALSE(f.full_in(0));
}

}  // namespace oklog::node
