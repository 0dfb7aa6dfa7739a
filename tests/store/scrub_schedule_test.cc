// When which segment is read again.
#include "oklog/store/scrub_schedule.h"

#include <catch2/catch.hpp>
#include <map>

using namespace oklog;
using namespace std::chrono_literals;

namespace {

std::vector<segment_ptr> named(int from, int to) {
  std::vector<segment_ptr> all;
  for (int i = from; i < to; ++i) {
    auto s = std::make_shared<store_segment>();
    s->name = "segment " + std::to_string(i);
    all.push_back(std::move(s));
  }
  return all;
}

const wall_time begin = from_unix_ms(1'700'000'000'123);

// How often each was read from `from` to `to`, looked at each minute.
std::map<std::string, int> read_in(scrub_schedule& s, const std::vector<segment_ptr>& live,
                                   wall_time from, duration how_long, duration step = 1min) {
  std::map<std::string, int> times;
  for (wall_time now = from; now <= from + how_long; now += step) {
    while (const segment_ptr due = s.next(live, now)) ++times[due->name];
  }
  return times;
}

}  // namespace

TEST_CASE("C12: each segment is read once in a period, spread evenly over it", "[store]") {
  const auto live = named(0, 700);
  scrub_schedule s(168h, begin);
  for (int day = 0; day < 7; ++day) {
    const auto times = read_in(s, live, begin + day * 24h + 1min, 24h - 1min);
    CHECK((times.size() > 60 && times.size() < 140));
  }
  const auto again = read_in(s, live, begin + 168h + 1min, 168h - 1min);
  CHECK(again.size() == 700);
  for (const auto& [name, n] : again) CHECK(n == 1);
}

TEST_CASE("C12: after a restart it goes on with those whose moment comes next", "[store]") {
  const auto live = named(0, 300);
  std::map<std::string, int> times;
  for (int life = 0; life < 168; ++life) {
    const wall_time now = begin + life * 1h;
    scrub_schedule s(168h, now);
    for (const auto& [name, n] : read_in(s, live, now, 1h)) times[name] += n;
  }
  CHECK(times.size() == 300);
  for (const auto& [name, n] : times) CHECK(n == 1);
}

TEST_CASE("C12: where the disk is too slow all are read in turn, none twice before another",
          "[store]") {
  const auto live = named(0, 50);
  scrub_schedule s(1h, begin);
  std::map<std::string, int> times;
  // Each takes ten minutes: eight times as long as there is.
  for (int i = 1; i <= 500; ++i) {
    const segment_ptr due = s.next(live, begin + i * 10min);
    if (due) ++times[due->name];
  }
  int least = 1000;
  int most = 0;
  for (const auto& [name, n] : times) {
    least = std::min(least, n);
    most = std::max(most, n);
  }
  CHECK(times.size() == 50);
  CHECK(least >= 8);
  CHECK(most <= 12);
}

TEST_CASE("C12: a clock that is set back or forward holds nothing up and repeats little",
          "[store]") {
  const auto live = named(0, 100);
  scrub_schedule s(24h, begin);
  (void)read_in(s, live, begin, 12h);
  CHECK(read_in(s, live, begin - 1000h, 24h).size() == 100);
  const auto later = read_in(s, live, begin + 5000h, 0s);
  for (const auto& [name, n] : later) CHECK(n == 1);
  scrub_schedule before_1970(24h, from_unix_ms(-5));
  CHECK(before_1970.next(live, from_unix_ms(-4)) == nullptr);
}

TEST_CASE("C12: two segments of one moment are both read", "[store]") {
  const auto live = named(0, 20);
  scrub_schedule s(1ms, begin);
  std::map<std::string, int> times;
  while (const segment_ptr due = s.next(live, begin + 1ms)) ++times[due->name];
  CHECK(times.size() == 20);
}
