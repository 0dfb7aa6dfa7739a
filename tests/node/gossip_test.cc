// Whole nodes that find each other.
#include "node/whole_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* key_a = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n";
constexpr const char* key_b = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=\n";

void give_key(whole_nodes& c, std::size_t i, const std::string& keys,
              cluster::encrypt_mode mode = cluster::encrypt_mode::require) {
  c.host(i).disk().plant_file("keys", keys);
  c.config[i].gossip.keyring = "keys";
  c.config[i].gossip.encrypt = mode;
}

// Until the node has closed the connection; what it sent before.
awaitable<std::size_t> talk_to_gossip(whole_nodes& c, std::string bytes) {
  const env::endpoint to{c.host(0).ip(), 7659};
  auto stream = co_await c.world.at("client").env().net.connect(to);
  if (!stream) co_return 1;
  (void)co_await (*stream)->write(bytes);
  std::size_t answered = 0;
  char buffer[256];
  while (true) {
    const auto n = co_await (*stream)->read_some(buffer, sizeof buffer);
    if (!n || *n == 0) co_return answered;
    answered += *n;
  }
}

}  // namespace

TEST_CASE("gossip: three nodes started in any order see themselves, from each", "[node]") {
  const std::vector<std::vector<std::size_t>> orders{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
  for (const auto& order : orders) {
    whole_nodes c(3);
    for (const std::size_t i : order) {
      REQUIRE(c.start(i));
      c.world.run_for(seconds(2));
    }
    CHECK(c.all_see(3));
    for (std::size_t i = 0; i < 3; ++i) {
      std::size_t own = 0;
      for (const auto& m : c.members(i)) {
        CHECK(m["role"] == "ingeststore");
        if (m["self"] == true) ++own;
      }
      CHECK(own == 1);
      CHECK(c.metric(i, "oklog_cluster_size") == "3");
      const auto state = nlohmann::json::parse(c.get(i, "/store/_clusterstate"));
      CHECK(state["n"] == 3);
      CHECK(state["delegate"].size() == 3);
    }
  }
}

TEST_CASE("gossip: nine nodes join in 3 s, a killed one is seen by all in 7 s", "[node]") {
  whole_nodes c(9);
  c.start_all();
  CHECK(c.all_see(9, "alive", seconds(3)));
  c.kill(4);
  CHECK(c.all_see(1, "dead", seconds(7)));
  for (std::size_t i = 0; i < 9; ++i) {
    if (c.runs(i)) CHECK(c.logged(i, "member is dead"));
  }
  REQUIRE(c.start(4));
  CHECK(c.all_see(9, "alive", seconds(3)));
}

TEST_CASE("gossip: who is stopped in order has left, and is never suspected", "[node]") {
  whole_nodes c(3);
  c.start_all();
  REQUIRE(c.all_see(3));
  CHECK(c.stop(2) == 0);
  CHECK(c.all_see(1, "left", milliseconds(500)));
  c.world.run_for(seconds(20));
  CHECK(c.count(0, "left") == 1);
  CHECK_FALSE(c.logged(0, "suspected"));
  REQUIRE(c.start(2));
  CHECK(c.all_see(3, "alive", seconds(3)));
}

TEST_CASE("gossip: a cluster heals after all of it restarted, found by name at new addresses",
          "[node]") {
  whole_nodes c(3);
  for (auto& config : c.config) {
    config.gossip.peers.assign(1, {"cluster", 7659, env::lookup_kind::system});
  }
  auto& names = c.world.net().names().addresses;
  names["cluster"] = {c.host(0).ip()};
  c.start_all();
  REQUIRE(c.all_see(3));
  for (std::size_t i = 0; i < 3; ++i) CHECK(c.stop(i) == 0);
  // The name moves to another node, and gossip to another port.
  names["cluster"] = {c.host(2).ip()};
  for (auto& config : c.config) {
    config.gossip.listen.port = 7700;
    config.gossip.peers.assign(1, {"cluster", 7700, env::lookup_kind::system});
  }
  c.start_all();
  CHECK(c.all_see(3));
}

TEST_CASE("gossip: the first node learns of a seed that is started later", "[node]") {
  whole_nodes c(2);
  c.config[0].gossip.peers.assign(1, {"n1", 7659, env::lookup_kind::system});
  c.config[1].gossip.peers.clear();
  REQUIRE(c.start(0));
  c.world.run_for(std::chrono::minutes(30));
  REQUIRE(c.start(1));
  CHECK(c.all_see(2));
}

TEST_CASE("K19: a node that has peers and has met none yet answers partial", "[node]") {
  whole_nodes c(2);
  REQUIRE(c.start(1));
  const auto coverage = [&](std::size_t i) {
    return nlohmann::json::parse(c.get(i, "/store/histogram?from=1h&buckets=1"))["answer"].dump();
  };
  CHECK(coverage(1).find("no peer has answered") != std::string::npos);
  REQUIRE(c.start(0));
  REQUIRE(c.all_see(2));
  c.world.run_for(seconds(5));  // they admit each other
  for (std::size_t i = 0; i < 2; ++i) CHECK(coverage(i).find("partial") == std::string::npos);
}

TEST_CASE("gossip: who leaves records behind is missed, who hands all over is not", "[node]") {
  whole_nodes c(3);
  c.config[2].store = false;
  c.start_all();
  REQUIRE(c.all_see(3));
  const auto answer = [&] { return c.get(0, "/store/histogram?from=1h&buckets=1"); };
  CHECK(c.stop(2) == 0);
  REQUIRE(c.all_see(1, "left"));
  CHECK(answer().find("partial") == std::string::npos);
  REQUIRE(c.send(1, "a line\n"));
  c.world.run_for(seconds(20));  // a store has it
  const bool first = c.get(0, "/store/_query?from=1h").find("a line") != std::string::npos;
  const std::size_t holder = first ? 0 : 1;
  CHECK(c.stop(holder) == 0);
  REQUIRE(c.all_see(2, "left"));
  const std::string rest = c.get(1 - holder, "/store/histogram?from=1h&buckets=1");
  CHECK(rest.find("full") == std::string::npos);
  CHECK(rest.find(": left 20") != std::string::npos);
}

TEST_CASE("gossip: an ingester alone hands over before it leaves, and is not missed", "[node]") {
  whole_nodes c(3);
  c.config[2].store = false;
  c.config[2].in.flush_age = std::chrono::hours(1);
  c.start_all();
  REQUIRE(c.all_see(3));
  REQUIRE(c.send(2, "a line\n"));
  CHECK(c.stop(2) == 0);
  CHECK(c.logged(2, "segments_left=0"));
  REQUIRE(c.all_see(1, "left"));
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string answer = c.get(i, "/store/histogram?from=1h&buckets=1");
    CHECK(answer.find("\"total\":1,") != std::string::npos);
    CHECK(answer.find("partial") == std::string::npos);
  }
}

TEST_CASE("gossip: a partition heals, with nobody forgotten", "[node]") {
  whole_nodes c(5);
  c.start_all();
  REQUIRE(c.all_see(5));
  c.world.net().partition({"n3", "n4"});
  c.world.run_for(seconds(60));
  c.world.net().heal();
  CHECK(c.all_see(5, "alive", seconds(40)));
}

TEST_CASE("gossip: with one keyring nodes find each other, without the key they do not", "[node]") {
  whole_nodes c(3);
  give_key(c, 0, key_a);
  give_key(c, 1, key_a);
  give_key(c, 2, key_b);
  c.start_all();
  c.world.run_for(seconds(10));
  CHECK(c.count(0, "alive") == 2);
  CHECK(c.count(1, "alive") == 2);
  CHECK(c.count(2, "alive") == 1);
  CHECK(c.metric(0, "oklog_cluster_packets_refused_total{reason=\"unknown_key\"}") != "0");
}

TEST_CASE("gossip: encryption is rolled out over a living cluster, and keys are rotated",
          "[node]") {
  whole_nodes c(3);
  c.start_all();
  REQUIRE(c.all_see(3));
  using cluster::encrypt_mode;
  for (const auto mode : {encrypt_mode::off, encrypt_mode::send, encrypt_mode::require}) {
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(c.stop(i) == 0);
      give_key(c, i, key_a, mode);
      REQUIRE(c.start(i));
      CHECK(c.all_see(3));
    }
  }
  const auto both = [](const char* first, const char* second) {
    return std::string(first) + second;
  };
  for (const std::string& keys : {both(key_a, key_b), both(key_b, key_a), std::string(key_b)}) {
    for (std::size_t i = 0; i < 3; ++i) {
      c.host(i).disk().plant_file("keys", keys);
      c.reload(i);
      c.world.run_for(seconds(3));
    }
    c.world.run_for(seconds(10));
    CHECK(c.all_see(3));
  }
  for (std::size_t i = 0; i < 3; ++i) CHECK_FALSE(c.logged(i, "member is dead"));
}

TEST_CASE("gossip: a keyring that others can read is refused, at the start and at SIGHUP",
          "[node]") {
  whole_nodes c(1);
  give_key(c, 0, key_a);
  c.host(0).disk().set_open("keys");
  CHECK_FALSE(c.start(0));
  CHECK(c.logged(0, "-cluster.keyring: keys can be read by others than its owner: chmod 600"));
  c.host(0).disk().set_open("keys", false);
  REQUIRE(c.start(0));
  c.host(0).disk().plant_file("keys", "no key\n");
  c.reload(0);
  c.world.run_for(seconds(1));
  CHECK(c.logged(0, "the old keyring stays in force"));
}

TEST_CASE("gossip: an address that others could not reach is refused with an explanation",
          "[node]") {
  for (const char* wanted : {"0.0.0.0", "[::]:7659", "169.254.169.254", "224.0.0.1"}) {
    whole_nodes c(1);
    c.config[0].gossip.advertise = wanted;
    CHECK_FALSE(c.start(0));
    CHECK(c.logged(0, "-cluster.advertise-addr"));
    CHECK(c.logged(0, "others could not reach this node there"));
  }
  whole_nodes c(2);
  c.config[0].gossip.advertise = "n0";
  c.start_all();
  CHECK(c.all_see(2));
  CHECK(c.members(1).dump().find(c.host(0).ip() + ":7659") != std::string::npos);
}

TEST_CASE("gossip: two living nodes with one id are reported by both", "[node]") {
  whole_nodes c(3);
  REQUIRE(c.start(0));
  REQUIRE(c.start(1));
  REQUIRE(c.all_see(2));
  CHECK(c.stop(1) == 0);
  for (const std::string& file : c.host(1).disk().files()) {
    const bool known = file.find("oklog.json") != file.npos || file.find("/starts") != file.npos;
    if (!known) continue;
    c.host(2).disk().plant_file(file, *c.host(1).disk().contents(file));
  }
  REQUIRE(c.start(1));
  REQUIRE(c.start(2));
  // The one whom nobody asks at its address learns of the other when tables are compared.
  c.world.run_for(seconds(120));
  CHECK(c.logged(1, "another living node has our id"));
  CHECK(c.logged(2, "another living node has our id"));
}

TEST_CASE("gossip: who connects and stalls, or lies about a length, is cut off unanswered",
          "[node]") {
  whole_nodes c(1);
  REQUIRE(c.start(0));
  for (const std::string& bytes :
       {std::string(), std::string("\x10\x00", 2), std::string("\xff\xff\xff\xff"),
        std::string("\x04\x00\x00\x00O\x01\x09", 7),
        std::string("\x04\x00\x00\x00O\x01\x09\xff", 8),
        std::string("\x04\x00\x00\x00\x00\x00\x00\x00", 8)}) {
    const duration begun = c.world.elapsed();
    CHECK(c.world.run(talk_to_gossip(c, bytes)) == 0);
    CHECK(c.world.elapsed() - begun <= seconds(11));
  }
  CHECK(c.members(0).size() == 1);
}

TEST_CASE("gossip: bad packets change nothing and are counted", "[node]") {
  whole_nodes c(2);
  c.start_all();
  REQUIRE(c.all_see(2));
  const std::string before = c.members(0).dump();
  auto socket = c.world.at("client").env().net.bind_datagram({"0.0.0.0", 9}).value();
  prng random(7);
  const env::endpoint to{c.host(0).ip(), 7659};
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random.below(64), '\0');
    for (char& b : bytes) b = static_cast<char>(random.next());
    if (i % 2 == 0 && bytes.size() >= 2) bytes.replace(0, 2, "O\x01");
    CHECK(socket->send(to, bytes));
    if (i % 100 == 0) c.world.run_for(milliseconds(20));
  }
  c.world.run_for(seconds(1));
  CHECK(socket->receive_now().error().code == errc::busy);  // nobody answers a stranger
  CHECK(c.count(0, "alive") == 2);
  CHECK(c.members(0).size() == 2);
  CHECK(c.metric(0, "oklog_cluster_malformed_total") != "0");
  CHECK(c.metric(0, "oklog_cluster_packets_refused_total{reason=\"malformed\"}") != "0");
}

}  // namespace oklog::node_test
