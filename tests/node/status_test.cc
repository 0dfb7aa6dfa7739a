// What a node says of itself.
#include <nlohmann/json.hpp>

#include "node/attention.h"
#include "node/some_nodes.h"
#include "node/status.h"
#include "node/whole_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

nlohmann::json status_of(whole_nodes& c, std::size_t i) {
  return nlohmann::json::parse(c.get(i, "/-/status"), nullptr, false);
}

cluster::member store_member(unsigned n, cluster::state s, std::uint8_t factor) {
  cluster::member m;
  m.id = ulid{1, n};
  m.state = s;
  m.data.role = cluster::role::store;
  m.data.replication_factor = factor;
  return m;
}

std::size_t lines_logged(whole_nodes& c, std::size_t i, std::string_view text) {
  std::size_t n = 0;
  for (const auto& line : c.host(i).log()) n += line.text.find(text) != std::string::npos ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("status: a cluster at rest says so, exactly", "[node]") {
  whole_nodes c(3);
  for (auto& config : c.config) {
    config.st.replication_factor = 2;
    config.in.flush_age = std::chrono::milliseconds(200);
    config.st.target_age = std::chrono::milliseconds(200);
  }
  c.start_all();
  REQUIRE(c.all_see(3));
  REQUIRE(c.send(0, numbered(0, 500)));
  c.world.run_for(seconds(60));
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto s = status_of(c, i);
    INFO(s.dump(2));
    CHECK(s["node"] == c.id(i));
    CHECK(s["role"] == "ingeststore");
    CHECK(s["ready"] == true);
    CHECK(s["members"]["alive"] == 3);
    CHECK(s["members"]["missing"].empty());
    CHECK(s["disks"].size() == 2);
    CHECK(s["disks"][0]["total"] > 0);
    CHECK(s["ingest"]["segments"] == 0);
    CHECK(s["ingest"]["oldest"].is_null());
    CHECK(s["store"]["factor"] == 2);
    CHECK(s["store"]["factor_in_force"] == 2);
    CHECK(s["store"]["stores_alive"] == 3);
    CHECK(s["store"]["consuming"] == true);
    CHECK(s["store"]["lone"] == false);
    CHECK(s["store"]["under_replicated"] == 0);
    CHECK(s["attention"].empty());
    CHECK(s["answers"]["coverage"] == "full");
    records += s["store"]["records"].get<std::uint64_t>();
    const bool holds = s["store"]["partitions"] > 0;
    CHECK(s["store"]["oldest"].is_null() == !holds);
  }
  CHECK(records == 1000);
}

TEST_CASE("status: whom answers miss is said, and a gauge tells how bad it is", "[node]") {
  whole_nodes c(3);
  c.start_all();
  REQUIRE(c.all_see(3));
  REQUIRE(c.world.run_until([&] { return c.metric(0, "oklog_store_proved_copies") == "2"; },
                            minutes(2)));
  CHECK(c.metric(0, "oklog_answers_coverage") == "0");
  const std::string gone = c.id(2);
  c.kill(2);
  REQUIRE(c.world.run_until([&] { return c.count(0, "dead") == 1; }, minutes(2)));
  c.world.run_for(seconds(20));
  // What its ingester had not handed over may be missing.
  CHECK(c.metric(0, "oklog_answers_coverage") == "2");
  const auto s = status_of(c, 0);
  INFO(s.dump(2));
  CHECK(s["answers"]["coverage"] == "partial");
  REQUIRE(s["answers"]["missing"].size() == 2);
  for (const auto& sentence : s["answers"]["missing"]) {
    CHECK_THAT(sentence.get<std::string>(), Catch::Contains(gone));
  }
}

TEST_CASE("status: a node without a store says nothing of answers", "[node]") {
  whole_nodes c(2);
  c.config[1].store = false;
  c.start_all();
  REQUIRE(c.all_see(2));
  CHECK(status_of(c, 1)["answers"].is_null());
  CHECK_FALSE(status_of(c, 0)["answers"].is_null());
}

TEST_CASE("status: a lone store that is to make two copies says that it makes one", "[node]") {
  whole_nodes c(1);
  c.config[0].st.replication_factor = 2;
  c.start_all();
  const auto s = status_of(c, 0);
  INFO(s.dump(2));
  CHECK(s["store"]["lone"] == true);
  CHECK(s["store"]["consuming"] == true);
  REQUIRE(s["attention"].size() == 1);
  CHECK_THAT(s["attention"][0].get<std::string>(), Catch::Contains("one copy of everything"));
}

TEST_CASE(
    "K8: too few stores: nothing is consumed, said in the log each ten minutes with a forecast",
    "[node]") {
  whole_nodes c(2);
  for (auto& config : c.config) {
    config.st.replication_factor = 2;
    config.in.flush_age = std::chrono::milliseconds(200);
  }
  c.start_all();
  REQUIRE(c.all_see(2));
  c.host(0).disk().set_capacity(2ULL << 30);
  c.kill(1);
  REQUIRE(c.world.run_until([&] { return c.count(0, "dead") == 1; }, minutes(2)));
  // 20 MB a minute, of which it keeps a third.
  for (int minute = 0; minute < 25; ++minute) {
    std::string lines;
    prng random(static_cast<std::uint64_t>(minute) + 1);
    for (int i = 0; i < 4000; ++i) lines += std::to_string(random.next()) + "\n";
    REQUIRE(c.send(0, lines));
    c.world.run_for(minutes(1));
  }
  CHECK((lines_logged(c, 0, "waiting_bytes") == 3 || lines_logged(c, 0, "waiting_bytes") == 2));
  CHECK(c.logged(0, "ingest_disk_full=\"in "));
  const auto s = status_of(c, 0);
  INFO(s.dump(2));
  CHECK(s["store"]["consuming"] == false);
  CHECK(s["ingest"]["segments"] > 0);
  CHECK_FALSE(s["ingest"]["oldest"].is_null());
  CHECK(s["disks"][0]["full_in_s"] > 60);
  CHECK(std::stod(c.metric(0, "oklog_disk_full_in_seconds")) > 60);
  REQUIRE(s["attention"].size() >= 2);
  CHECK_THAT(s["attention"][0].get<std::string>(),
             Catch::Contains("nothing is consumed: 1 store is alive, 2 are wanted"));
}

TEST_CASE("status: which stores are too few", "[node]") {
  using cluster::state;
  const auto of = [](std::vector<cluster::member> all) { return node::shortage_of(all); };
  CHECK_FALSE(of({}).consuming());
  CHECK(of({store_member(1, state::alive, 2)}).consuming());
  CHECK(of({store_member(1, state::alive, 2)}).lone);
  CHECK_FALSE(of({store_member(1, state::alive, 2), store_member(2, state::dead, 2)}).consuming());
  CHECK_FALSE(of({store_member(1, state::alive, 2), store_member(2, state::left, 2)}).consuming());
  CHECK(of({store_member(1, state::alive, 1), store_member(2, state::dead, 2)}).consuming());
  CHECK(of({store_member(1, state::alive, 2), store_member(2, state::suspect, 2)}).consuming());
  CHECK_FALSE(of({store_member(1, state::alive, 2), store_member(2, state::alive, 3)}).consuming());
}

TEST_CASE("status: what wants attention is said in plain sentences, the most urgent first",
          "[node]") {
  api::node_status s;
  CHECK(node::attention_of(s).empty());
  s.store.emplace();
  s.disks.push_back({"data/ingest", 1000, 500, 50, std::chrono::hours(3)});
  s.disks.push_back({"data/store", 1000, 500, 50, std::chrono::hours(300)});
  s.members.suspect = 1;
  s.store->under_replicated = 2;
  s.store->oldest_under_replicated = from_unix_ms(0);
  s.store->quarantined = 1;
  s.store->damaged = 1;
  s.not_ready = "the disk of data/store is nearly full";
  const std::vector<std::string> expected{
      "the disk of data/store is nearly full",
      "2 partitions have fewer copies than wanted, the oldest of 1970-01-01T00:00:00Z",
      "1 damaged file lies in the store's quarantine, and nobody knows yet what it held",
      "1 segment cannot be read in full, and no other store has made it good yet",
      "the disk of data/ingest will be full in 3 hours at the present rate",
      "1 member does not answer"};
  CHECK(node::attention_of(s) == expected);
}

}  // namespace oklog::node_test
