// Whole nodes: who is admitted, who is gone, who is missed no more.
#include "node/whole_nodes.h"
#include "oklog/api/roster_api.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

cluster::roster roster_of(whole_nodes& c, std::size_t i) {
  const auto text = c.host(i).disk().contents("data/store/roster.json");
  REQUIRE(text);
  const auto read = api::parse_roster(*text);
  REQUIRE(read);
  return *read;
}

bool admitted(whole_nodes& c, std::size_t by, std::size_t whom) {
  const cluster::roster r = roster_of(c, by);
  const cluster::store_entry* e = r.store(parse_ulid(c.id(whom)).value());
  return e != nullptr && e->admitted;
}

struct cluster_of : whole_nodes {
  explicit cluster_of(std::size_t n) : whole_nodes(n) {
    for (auto& c : config) c.st.repair_after = 1min;
  }
  bool until(const std::function<bool()>& what, duration patience = 3min) {
    const duration end = world.elapsed() + patience;
    while (!what() && world.elapsed() < end) world.run_for(200ms);
    return what();
  }
};

std::string hundred() {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "line " + std::to_string(i) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("K14: stores that start together are all admitted within seconds, and consume") {
  cluster_of c(3);
  c.start_all();
  REQUIRE(c.until(
      [&] {
        bool all = true;
        for (std::size_t i = 0; i < 3; ++i) all = all && c.metric(i, "oklog_store_admitted") == "1";
        return all;
      },
      10s));
  REQUIRE(c.send(1, hundred()));
  CHECK(c.until([&] { return c.metric(1, "oklog_ingest_committed_segments_total") == "1"; }, 20s));
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 3; ++k) CHECK(admitted(c, i, k));
  }
}

TEST_CASE("K15: a store that is gone is missed no more once its copies are made anew") {
  cluster_of c(4);
  c.start_all();
  REQUIRE(c.all_see(4));
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(c.send(i, hundred()));
  c.world.run_for(30s);
  c.kill(3);
  c.world.run_for(30s);
  for (std::size_t i = 0; i < 3; ++i) CHECK(c.metric(i, "oklog_store_counted_stores") == "4");
  const auto retired = [&] {
    bool all = true;
    for (std::size_t i = 0; i < 3; ++i) {
      all = all && c.metric(i, "oklog_store_counted_stores") == "3";
    }
    return all;
  };
  CHECK(c.until(retired));
  // It comes back: another epoch, admitted anew, and counted.
  REQUIRE(c.start(3));
  const auto back = [&] {
    bool all = true;
    for (std::size_t i = 0; i < 4; ++i) {
      all = all && c.metric(i, "oklog_store_counted_stores") == "4";
    }
    return all && c.metric(3, "oklog_store_admitted") == "1";
  };
  CHECK(c.until(back));
  CHECK(c.logged(3, "it is admitted anew"));
  const cluster::roster r = roster_of(c, 0);
  CHECK(r.store(parse_ulid(c.id(3)).value())->epoch == 2);
}

TEST_CASE("K15: of two copies' two dead holders none is retired") {
  cluster_of c(4);
  c.start_all();
  REQUIRE(c.all_see(4));
  REQUIRE(c.send(0, hundred()));
  c.world.run_for(30s);
  c.kill(2);
  c.kill(3);
  c.world.run_for(10min);
  for (std::size_t i = 0; i < 2; ++i) CHECK(c.metric(i, "oklog_store_counted_stores") == "4");
  for (std::size_t i = 0; i < 2; ++i) CHECK(c.metric(i, "oklog_store_gone_stores") == "2");
}

TEST_CASE("K16: a directory that was put back from a copy takes a new id") {
  cluster_of c(2);
  c.start_all();
  REQUIRE(c.all_see(2));
  const std::string old = c.id(1);
  REQUIRE(c.until([&] { return admitted(c, 0, 1); }));
  for (int i = 0; i < 2; ++i) {
    CHECK(c.stop(1) == 0);
    REQUIRE(c.start(1));
    c.world.run_for(10s);
  }
  CHECK(c.id(1) == old);
  CHECK(c.stop(1) == 0);
  if (!c.host(1).alive()) c.host(1).start();
  REQUIRE(env::write_file(c.host(1).env().fs, "data/store", "starts", "1\n"));
  (void)c.start(1);
  REQUIRE(c.until([&] { return c.logged(1, "restored from a copy: it takes a new id"); }, 30s));
  CHECK(c.stop(1) == 1);
  REQUIRE(c.start(1));
  c.world.run_for(10s);
  CHECK(c.id(1) != old);
  // One of two others must know it, and the old one cannot: until that is gone.
  CHECK(c.until([&] { return admitted(c, 0, 1); }));
  CHECK(roster_of(c, 0).counts(parse_ulid(old).value()));
}

TEST_CASE("K16: who has an id, and an older past than others remember of it, takes a new one") {
  cluster_of c(3);
  REQUIRE(c.start(0));
  REQUIRE(c.start(1));
  REQUIRE(c.until([&] { return admitted(c, 0, 1); }));
  for (const std::string& file : c.host(1).disk().files()) {
    if (!file.ends_with("oklog.json")) continue;
    c.host(2).disk().plant_file(file, *c.host(1).disk().contents(file));
  }
  CHECK(c.stop(1) == 0);
  REQUIRE(c.start(1));
  c.world.run_for(10s);
  c.kill(1);
  (void)c.start(2);
  CHECK(c.until([&] { return c.logged(2, "restored from a copy: it takes a new id"); }, 30s));
}

TEST_CASE("forget: a dead store that is given up is missed no more, and the loss is written down") {
  cluster_of c(3);
  c.start_all();
  REQUIRE(c.all_see(3));
  const std::string gone = c.id(2);
  REQUIRE(c.until([&] { return roster_of(c, 0).store(parse_ulid(gone).value()) != nullptr; }));
  CHECK(c.post(0, "/-/forget?accept-loss&name=" + gone) == 409);
  c.kill(2);
  REQUIRE(c.all_see(1, "dead"));
  CHECK(c.post(0, "/-/forget?accept-loss&name=" + gone) == 200);
  const auto given_up = [&] {
    const auto r = roster_of(c, 1).retirements();
    const auto at = r.find(parse_ulid(gone).value());
    return at != r.end() && at->second.loss_ms > 0;
  };
  CHECK(c.until(given_up));
  CHECK(c.metric(1, "oklog_store_counted_stores") == "2");
  CHECK(c.post(0, "/-/forget?accept-loss&name=01ARZ3NDEKTSV4RRFFQ69G5FAV") == 404);
}

TEST_CASE("stores at rest tell each other neither rosters nor catalogues again") {
  cluster_of c(3);
  c.start_all();
  REQUIRE(c.all_see(3));
  c.world.run_for(1min);
  const auto answers = [&c](const std::string& method, const std::string& path, int status) {
    double all = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string n =
          c.metric(i, "oklog_api_request_duration_seconds_count{method=\"" + method + "\",path=\"" +
                          path + "\",status_code=\"" + std::to_string(status) + "\"}");
      all += n.empty() ? 0 : std::stod(n);
    }
    return all;
  };
  const double told = answers("POST", "/store/_roster", 204);
  const double looked = answers("GET", "/store/_roster", 304);
  const double listed = answers("GET", "/store/_catalogue", 200);
  const double unchanged = answers("GET", "/store/_catalogue", 304);
  c.world.run_for(50s);
  // What ingesters still hold is told in steps of a minute.
  CHECK(answers("POST", "/store/_roster", 204) - told < 10);
  CHECK(answers("GET", "/store/_roster", 304) - looked > 30);
  CHECK(answers("GET", "/store/_catalogue", 200) == listed);
  CHECK(answers("GET", "/store/_catalogue", 304) > unchanged);
}
