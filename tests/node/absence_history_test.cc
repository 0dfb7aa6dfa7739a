// Histories of nodes that are dead, or come back as less than they were, while answers are asked
// for that could pass for complete, if it were not for the rule that each names.
#include <map>

#include "node/some_nodes.h"
#include "node/whole_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::map<std::string, std::string> all_files_of(whole_nodes& c, std::size_t i) {
  std::map<std::string, std::string> files;
  for (const std::string& path : c.host(i).disk().files()) {
    files[path] = *c.host(i).disk().contents(path);
  }
  return files;
}

// REQUIRES: it was killed.
void put_back(whole_nodes& c, std::size_t i, const std::map<std::string, std::string>& files) {
  c.host(i).lose_disk();
  c.host(i).start();
  for (const auto& [path, bytes] : files) c.host(i).disk().plant_file(path, bytes);
}

struct told {
  std::size_t lines = 0;
  std::string coverage;
  std::string said;  // all of the summary
};

// What node `i` finds from `from` to `to`.
told ask_between(whole_nodes& c, std::size_t i, const ulid& from = ulid_min,
                 const ulid& to = ulid_max) {
  const std::string body =
      c.get(i, "/store/query?from=" + format(from) + "&to=" + format(to) + "&format=json&summary");
  told t;
  const std::size_t last = body.rfind('\n', body.size() - 2) + 1;
  t.lines = static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')) - 1;
  t.said = body.substr(last);
  const auto json = nlohmann::json::parse(t.said, nullptr, false);
  if (json.contains("coverage")) t.coverage = json["coverage"];
  return t;
}

ulid at_wall(whole_nodes& c, duration later) {
  const auto ms = unix_ms(c.host(0).env().clock.now() + later);
  return ulid::lowest(static_cast<std::uint64_t>(ms));
}

std::size_t segments_of(whole_nodes& c, std::size_t i) {
  const std::string n = c.metric(i, "oklog_store_segments");
  return n.empty() ? 0 : std::stoul(n);
}

}  // namespace

TEST_CASE("K16: a store put back from an old copy does not stand for what it held since",
          "[node]") {
  // With fewer than two its counter is no lower than what others remember.
  for (const int starts_since : {0, 1, 2}) {
    INFO(starts_since << " starts since the copy");
    whole_nodes c(4);
    c.config[0].store = false;
    for (std::size_t i = 1; i < 4; ++i) c.config[i].ingest = false;
    for (auto& config : c.config) config.st.repair_after = minutes(1);
    c.start_all();
    REQUIRE(c.all_see(4));
    REQUIRE(c.send(0, numbered(0, 100)));
    c.world.run_for(minutes(5));
    // Of the three, two hold this hour.
    std::vector<std::size_t> holding, without;
    for (std::size_t i = 1; i < 4; ++i) (segments_of(c, i) > 0 ? holding : without).push_back(i);
    REQUIRE(holding.size() == 2);
    const std::size_t restored = holding[0];
    const std::size_t other = holding[1];
    const std::size_t third = without[0];
    const auto copy = all_files_of(c, restored);
    for (int n = 0; n < starts_since; ++n) {
      CHECK(c.stop(restored) == 0);
      REQUIRE(c.start(restored));
      REQUIRE(c.all_see(4));
      c.world.run_for(minutes(2));
    }
    if (starts_since == 0) c.world.run_for(minutes(61));
    REQUIRE(c.send(0, numbered(100, 200)));
    c.world.run_for(minutes(1));
    REQUIRE(ask_between(c, third).lines == 200);
    REQUIRE(ask_between(c, third).coverage == "full");
    const std::string old_id = c.id(restored);
    // The other holder is away when it is put back: nobody has the second hundred.
    c.kill(other);
    c.kill(restored);
    put_back(c, restored, copy);
    (void)c.start(restored);
    // Until the first exchange of rosters it is counted on (decision 0020).
    const auto found_out = [&] {
      return c.logged(restored, "restored from a copy: it takes a new id");
    };
    REQUIRE(c.world.run_until(found_out, seconds(30)));
    for (int i = 0; i < 100; ++i) {
      c.world.run_for(milliseconds(100));
      const told t = ask_between(c, third);
      INFO(t.said);
      REQUIRE(t.coverage == "partial");
    }
    CHECK(c.stop(restored) == 1);
    REQUIRE(c.start(restored));
    CHECK(c.id(restored) != old_id);
    for (int minute = 0; minute < 10; ++minute) {
      c.world.run_for(minutes(1));
      const told t = ask_between(c, third);
      INFO(t.said);
      CHECK(t.lines == 100);
      CHECK(t.coverage == "partial");
    }
    // What the other one kept is all there, and copied anew; the old id is missed no more.
    REQUIRE(c.start(other));
    bool whole = false;
    for (int minute = 0; minute < 15 && !whole; ++minute) {
      c.world.run_for(minutes(1));
      const told t = ask_between(c, third);
      if (t.coverage != "partial") CHECK(t.lines == 200);
      whole = t.coverage == "full";
    }
    CHECK(whole);
  }
}

TEST_CASE("K19: a dead ingester's backlog is missed where it may lie, until it is back", "[node]") {
  whole_nodes c(3);
  for (auto& config : c.config) config.st.replication_factor = 3;  // nothing is consumed
  c.config[2].store = false;
  c.start_all();
  REQUIRE(c.all_see(3));
  c.world.run_for(minutes(10));
  const ulid before = at_wall(c, -minutes(3));
  REQUIRE(c.send(2, numbered(0, 100)));
  c.world.run_for(minutes(2));
  REQUIRE(ask_between(c, 0).lines == 100);
  REQUIRE(ask_between(c, 0).coverage == "full");
  const std::string id = c.id(2);
  c.kill(2);
  REQUIRE(c.all_see(1, "dead"));
  for (int minute = 0; minute < 30; ++minute) {
    c.world.run_for(minutes(1));
    const told t = ask_between(c, minute % 2);
    INFO(t.said);
    CHECK(t.lines == 0);
    CHECK(t.coverage == "partial");
    CHECK(t.said.find(id) != t.said.npos);
  }
  // Before all that it may hold, and after its death, nothing of it can be missing.
  CHECK(ask_between(c, 0, ulid_min, before).coverage == "full");
  CHECK(ask_between(c, 1, at_wall(c, -minutes(10)), ulid_max).coverage == "full");
  REQUIRE(c.start(2));
  REQUIRE(c.all_see(3));
  c.world.run_for(seconds(10));
  for (const std::size_t i : {0U, 1U}) {
    const told t = ask_between(c, i);
    INFO(t.said);
    CHECK(t.lines == 100);
    CHECK(t.coverage == "full");
  }
}

}  // namespace oklog::node_test
