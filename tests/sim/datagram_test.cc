#include <catch2/catch.hpp>
#include <map>

#include "oklog/sim/world.h"

using namespace oklog;
using namespace std::chrono_literals;
using env::endpoint;

namespace {

// Hosts a and b with a port each.
struct two_ports {
  explicit two_ports(std::uint64_t seed = 1)
      : world(seed), a(world.add_host("a")), b(world.add_host("b")) {
    from = bind(a);
    to = bind(b);
  }

  static std::unique_ptr<env::datagram> bind(sim::host& h) {
    const endpoint any{"0.0.0.0", 7659};
    auto port = h.env().net.bind_datagram(any);
    REQUIRE(port);
    return std::move(*port);
  }

  void send(const std::string& bytes) {
    const endpoint target{b.ip(), 7659};
    REQUIRE(from->send(target, bytes));
  }

  // A thousand numbered ones, a millisecond apart, and those that came, in order of arrival.
  std::vector<int> send_thousand() {
    for (int i = 0; i < 1000; ++i) {
      send(std::to_string(i));
      world.run_for(1ms);
      take();
    }
    world.run_for(10s);
    take();
    return std::move(seen);
  }

  void take() {
    for (auto p = to->receive_now(); p; p = to->receive_now()) seen.push_back(std::stoi(p->bytes));
  }

  std::size_t came() {
    world.run_for(1s);
    const std::size_t before = seen.size();
    take();
    return seen.size() - before;
  }

  sim::world world;
  sim::host& a;
  sim::host& b;
  std::unique_ptr<env::datagram> from;
  std::unique_ptr<env::datagram> to;
  std::vector<int> seen;
};

std::vector<int> run_with_all_faults(std::uint64_t seed, std::uint64_t* hash) {
  two_ports t(seed);
  t.world.net().set_loss(1, 10);
  t.world.net().set_duplication(1, 10);
  t.world.net().set_reordering(1, 10, 50ms);
  const auto seen = t.send_thousand();
  *hash = t.world.trace_hash();
  return seen;
}

}  // namespace

TEST_CASE("sim datagram: about one in so many is lost, per way where it is set so", "[sim]") {
  two_ports t;
  t.world.net().set_loss(1, 5);
  const std::size_t with_loss = t.send_thousand().size();
  CHECK(with_loss > 740);
  CHECK(with_loss < 860);
  t.world.net().set_loss("a", "b", 0, 1);
  CHECK(t.send_thousand().size() == 1000);
  t.world.net().set_loss("a", "b", 1, 1);
  CHECK(t.send_thousand().empty());
}

TEST_CASE("sim datagram: about one in so many comes twice", "[sim]") {
  two_ports t;
  t.world.net().set_duplication(1, 5);
  std::map<int, int> times;
  for (const int i : t.send_thousand()) ++times[i];
  CHECK(times.size() == 1000);
  const auto twice = std::ranges::count_if(times, [](const auto& t1) { return t1.second == 2; });
  CHECK(twice > 140);
  CHECK(twice < 260);
}

TEST_CASE("sim datagram: one that is held back is overtaken", "[sim]") {
  two_ports t;
  t.world.net().set_latency(1ms, 1ms);
  CHECK(std::ranges::is_sorted(t.send_thousand()));
  t.world.net().set_reordering(1, 10, 30ms);
  auto seen = t.send_thousand();
  CHECK(seen.size() == 1000);
  CHECK_FALSE(std::ranges::is_sorted(seen));
}

TEST_CASE("sim datagram: equal seeds give equal faults, others do not", "[sim]") {
  std::uint64_t hashes[3] = {};
  const auto one = run_with_all_faults(1, &hashes[0]);
  const auto again = run_with_all_faults(1, &hashes[1]);
  const auto other = run_with_all_faults(2, &hashes[2]);
  CHECK(one == again);
  CHECK(hashes[0] == hashes[1]);
  CHECK(one != other);
  CHECK(hashes[0] != hashes[2]);
}

TEST_CASE("sim datagram: a blocked way loses them, also those on it; the other way is open",
          "[sim]") {
  two_ports t;
  t.world.net().set_latency(100ms, 100ms);
  t.send("1");
  t.world.run_for(50ms);
  t.world.net().block("a", "b");
  t.send("2");
  CHECK(t.came() == 0);
  const endpoint back{t.a.ip(), 7659};
  CHECK(t.to->send(back, "3"));
  t.world.run_for(1s);
  CHECK(t.from->receive_now());
  t.world.net().heal();
  CHECK(t.came() == 0);
  t.send("4");
  CHECK(t.came() == 1);
}

TEST_CASE(
    "sim datagram: beyond 256 that wait, and where nobody listens, they are dropped and "
    "counted",
    "[sim]") {
  two_ports t;
  for (int i = 0; i < 300; ++i) t.send(std::to_string(i));
  CHECK(t.came() == 256);
  CHECK(t.world.net().dropped_datagrams("b") == 44);
  t.to->close();
  t.send("1");
  t.world.run_for(1s);
  CHECK(t.world.net().dropped_datagrams("b") == 45);
}

TEST_CASE("sim datagram: larger than the path are lost, a full buffer is busy", "[sim]") {
  two_ports t;
  t.world.net().set_datagram_max(4);
  t.send("12345");
  t.send("1234");
  CHECK(t.came() == 1);
  t.world.net().fill_send_buffer("a");
  const endpoint target{t.b.ip(), 7659};
  const auto full = t.from->send(target, "1");
  REQUIRE_FALSE(full);
  CHECK(full.error().code == errc::busy);
  t.world.net().fill_send_buffer("a", false);
  CHECK(t.from->send(target, "1"));
}

TEST_CASE("sim datagram: a dead host sends and takes nothing; its next life takes the port anew",
          "[sim]") {
  for (const bool power : {false, true}) {
    two_ports t;
    if (power) {
      t.b.crash();
    } else {
      t.b.kill();
    }
    t.send("1");
    const endpoint back{t.a.ip(), 7659};
    CHECK_FALSE(t.to->send(back, "2"));
    CHECK(t.came() == 0);
    t.b.start();
    t.to = two_ports::bind(t.b);
    t.send("3");
    CHECK(t.came() == 1);
  }
}
