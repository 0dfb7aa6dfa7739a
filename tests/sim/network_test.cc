#include <catch2/catch.hpp>

#include "oklog/env/event.h"
#include "oklog/sim/world.h"

using namespace oklog;
using namespace std::chrono_literals;
using env::awaitable;
using env::endpoint;
using env::environment;
using stream_ptr = std::unique_ptr<env::stream>;

namespace {

// Two hosts and a connection from a to b, port 7650.
struct pair_of_hosts {
  explicit pair_of_hosts(std::uint64_t seed = 1)
      : world(seed), a(world.add_host("a")), b(world.add_host("b")) {}

  void connect() {
    listener.reset();
    endpoint any{"0.0.0.0", 7650};
    listener = std::move(*b.env().net.listen(any));
    auto dialled = world.run(dial());
    REQUIRE(dialled);
    client = std::move(*dialled);
    auto accepted = world.run(listener->accept());
    REQUIRE(accepted);
    server = std::move(*accepted);
  }

  awaitable<result<stream_ptr>> dial() {
    endpoint to{b.ip(), 7650};
    co_return co_await a.env().net.connect(to);
  }

  sim::world world;
  sim::host& a;
  sim::host& b;
  std::unique_ptr<env::listener> listener;
  stream_ptr client;
  stream_ptr server;
};

// Everything up to the end of the stream, or up to an error, which is added.
awaitable<std::string> drain(env::stream& from) {
  std::string all;
  for (;;) {
    char chunk[1000];
    const auto n = co_await from.read_some(chunk, sizeof chunk);
    if (!n) co_return all + "!" + std::string(name(n.error().code));
    if (*n == 0) co_return all;
    all.append(chunk, *n);
  }
}

awaitable<void> send_all(env::stream& to, std::string bytes, result<>& out) {
  out = co_await to.write(bytes);
}

awaitable<result<>> send_and_end(env::stream& to, std::string bytes) {
  CO_TRY(co_await to.write(bytes));
  co_return to.shutdown_send();
}

template <class T>
errc code_of(const result<T>& r) {
  REQUIRE_FALSE(r.has_value());
  return r.error().code;
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i % 23);
  return out;
}

}  // namespace

TEST_CASE("sim network: bytes arrive whole and in order, whatever the segments", "[sim]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    pair_of_hosts hosts(seed);
    hosts.world.net().set_segment_max(seed % 2 == 0 ? 7 : 16384);
    hosts.connect();
    const std::string sent = pattern(5000);
    REQUIRE(hosts.world.run(send_and_end(*hosts.client, sent)));
    CHECK(hosts.world.run(drain(*hosts.server)) == sent);
    // Half-closed: the other way still works.
    REQUIRE(hosts.world.run(send_and_end(*hosts.server, "answer")));
    CHECK(hosts.world.run(drain(*hosts.client)) == "answer");
  }
}

TEST_CASE("sim network: addresses are those of both ends", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  CHECK(hosts.client->remote() == endpoint{hosts.b.ip(), 7650});
  CHECK(hosts.server->remote().ip == hosts.a.ip());
}

TEST_CASE("sim network: a writer waits for a reader that does not read", "[sim]") {
  pair_of_hosts hosts;
  hosts.world.net().set_window(10000);
  hosts.connect();
  env::task_group tasks(hosts.world.loop());
  result<> sent = fail(errc::busy, "not yet");
  tasks.spawn(send_all(*hosts.client, pattern(25000), sent));
  hosts.world.run_for(10s);
  CHECK(code_of(sent) == errc::busy);
  CHECK(tasks.size() == 1);
  std::string got(10000, '\0');
  CHECK(*hosts.server->read_now(got.data(), got.size()) == 10000);
  CHECK(code_of(hosts.server->read_now(got.data(), got.size())) == errc::busy);
  hosts.world.run_for(10s);
  CHECK(*hosts.server->read_now(got.data(), got.size()) == 10000);
  hosts.world.run_for(10s);
  CHECK(*hosts.server->read_now(got.data(), got.size()) == 5000);
  CHECK(sent);
  CHECK(tasks.size() == 0);
}

TEST_CASE("sim network: nobody listens: refused; no such host: unavailable", "[sim]") {
  pair_of_hosts hosts;
  CHECK(code_of(hosts.world.run(hosts.dial())) == errc::unavailable);
  CHECK(hosts.world.elapsed() < 10ms);
  endpoint nowhere{"10.9.9.9", 1};
  CHECK(code_of(hosts.world.run(hosts.a.env().net.connect(nowhere))) == errc::unavailable);
  endpoint nonsense{"not an ip", 1};
  CHECK(code_of(hosts.world.run(hosts.a.env().net.connect(nonsense))) == errc::invalid);
  endpoint any{"0.0.0.0", 7650};
  const auto held = hosts.b.env().net.listen(any);
  CHECK(code_of(hosts.b.env().net.listen(any)) == errc::conflict);
  CHECK(hosts.world.run(hosts.dial()));
  hosts.world.net().refuse("b");
  CHECK(code_of(hosts.world.run(hosts.dial())) == errc::unavailable);
}

TEST_CASE("sim network: port 0 takes a free one, loopback stays on the host", "[sim]") {
  pair_of_hosts hosts;
  endpoint loop{"127.0.0.1", 0};
  auto one = hosts.b.env().net.listen(loop);
  auto two = hosts.b.env().net.listen(loop);
  REQUIRE(one);
  REQUIRE(two);
  CHECK((*one)->local().port != (*two)->local().port);
  const endpoint there = (*one)->local();
  CHECK(hosts.world.run(hosts.b.env().net.connect(there)));
  CHECK(code_of(hosts.world.run(hosts.a.env().net.connect(there))) == errc::unavailable);
}

TEST_CASE("sim network: a partition delays, nothing is lost when it heals in time", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  hosts.world.net().partition({"a"});
  REQUIRE(hosts.world.run(send_and_end(*hosts.client, "held back")));
  hosts.world.run_for(60s);
  char c;
  CHECK(code_of(hosts.server->read_now(&c, 1)) == errc::busy);
  hosts.world.net().heal();
  CHECK(hosts.world.run(drain(*hosts.server)) == "held back");
  CHECK(hosts.world.elapsed() < 62s);
}

TEST_CASE("sim network: a long partition times connections and connects out", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  hosts.world.net().partition({"a"});
  CHECK(code_of(hosts.world.run(hosts.dial())) == errc::timeout);
  CHECK(hosts.world.elapsed() > 120s);
  CHECK(hosts.world.run(drain(*hosts.server)) == "!timeout");
  CHECK(hosts.world.run(drain(*hosts.client)) == "!timeout");
}

TEST_CASE("sim network: blocked one way, the other way still delivers", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  hosts.world.net().clog("b", "a", 30s);
  REQUIRE(hosts.world.run(send_and_end(*hosts.client, "there")));
  REQUIRE(hosts.world.run(send_and_end(*hosts.server, "back")));
  CHECK(hosts.world.run(drain(*hosts.server)) == "there");
  CHECK(hosts.world.elapsed() < 1s);
  CHECK(hosts.world.run(drain(*hosts.client)) == "back");
  CHECK(hosts.world.elapsed() >= 30s);
}

TEST_CASE("sim network: what has arrived stays readable after a reset", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  REQUIRE(hosts.world.run(hosts.client->write("arrived ")));
  hosts.world.run_for(1s);
  REQUIRE(hosts.world.run(hosts.client->write("on the way")));
  hosts.world.net().reset("a", "b");
  CHECK(hosts.world.run(drain(*hosts.server)) == "arrived !closed");
  CHECK(code_of(hosts.world.run(hosts.client->write("x"))) == errc::closed);
}

TEST_CASE("sim network: a connection can be cut after any number of bytes", "[sim]") {
  const std::string sent = pattern(40);
  for (std::size_t n = 0; n < 40; ++n) {
    const bool cleanly = n % 2 == 0;
    pair_of_hosts hosts(n);
    hosts.connect();
    hosts.world.net().cut_after("a", "b", n, cleanly);
    REQUIRE(hosts.world.run(send_and_end(*hosts.client, sent)));
    CHECK(hosts.world.run(drain(*hosts.server)) == sent.substr(0, n) + (cleanly ? "" : "!closed"));
  }
}

TEST_CASE("sim network: who writes to a closed stream learns it by a reset", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  hosts.server.reset();
  CHECK(hosts.world.run(drain(*hosts.client)).empty());
  CHECK(hosts.world.run(hosts.client->write("into the void")));
  hosts.world.run_for(1s);
  CHECK(code_of(hosts.world.run(hosts.client->write("x"))) == errc::closed);
}

TEST_CASE("sim network: an aborted or unread stream ends with a reset", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  hosts.server->close(true);
  CHECK(hosts.world.run(drain(*hosts.client)) == "!closed");
  hosts.connect();
  REQUIRE(hosts.world.run(hosts.client->write("never read")));
  hosts.world.run_for(1s);
  hosts.server->close(false);
  CHECK(hosts.world.run(drain(*hosts.client)) == "!closed");
}

TEST_CASE("sim network: pending operations end when they are stopped or closed", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  const auto timed = [&] {
    return env::with_timeout(hosts.world.loop(), 5s, "accept", hosts.listener->accept());
  };
  CHECK(code_of(hosts.world.run(timed())) == errc::timeout);
  std::string read;
  const auto keep = [](env::stream& s, std::string& out) -> awaitable<void> {
    out = co_await drain(s);
  };
  env::task_group tasks(hosts.world.loop());
  tasks.spawn(keep(*hosts.client, read));
  hosts.world.run_for(1s);
  CHECK(tasks.size() == 1);
  tasks.stop();
  hosts.world.run(tasks.join());
  CHECK(read == "!cancelled");
  env::task_group more(hosts.world.loop());
  more.spawn(keep(*hosts.client, read));
  hosts.world.run_for(1s);
  read.clear();
  hosts.client->close();
  hosts.world.run_for(1s);
  CHECK(read == "!cancelled");
}

TEST_CASE("sim network: wait_readable waits without a buffer", "[sim]") {
  pair_of_hosts hosts;
  hosts.connect();
  REQUIRE(hosts.world.run(hosts.client->write("x")));
  REQUIRE(hosts.world.run(hosts.server->wait_readable()));
  char c = 0;
  CHECK(*hosts.server->read_now(&c, 1) == 1);
  REQUIRE(hosts.client->shutdown_send());
  REQUIRE(hosts.world.run(hosts.server->wait_readable()));
  CHECK(*hosts.server->read_now(&c, 1) == 0);
}

TEST_CASE("sim network: names are what the tables say at the time", "[sim]") {
  pair_of_hosts hosts;
  auto& net = hosts.a.env().net;
  CHECK(*hosts.world.run(net.resolve("B")) ==
        std::vector<std::string>{hosts.b.ip(), hosts.b.ip6()});
  CHECK(*hosts.world.run(net.resolve("fd00::9")) == std::vector<std::string>{"fd00::9"});
  CHECK(*hosts.world.run(net.resolve_ptr(hosts.a.ip())) == std::vector<std::string>{"a"});
  CHECK(code_of(hosts.world.run(net.resolve("store.example"))) == errc::unavailable);
  auto& names = hosts.world.net().names();
  env::srv_target target{"b", 7659};
  names.services["_oklog._tcp.example"].push_back(target);
  const auto found = hosts.world.run(net.resolve_srv("_oklog._tcp.example"));
  REQUIRE(found);
  CHECK(found->front().port == 7659);
  names.down = true;
  CHECK(code_of(hosts.world.run(net.resolve("b"))) == errc::unavailable);
}
