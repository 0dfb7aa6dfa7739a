// Histories of stores that join, die and forget, in which an answer would lack records and not say
// so, if it were not for the rule that each names.
#include "node/some_nodes.h"
#include "node/whole_nodes.h"

namespace oklog::node_test {
namespace {

using cluster::role;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Nobody of `these` hears anybody of `those`.
void cut(whole_nodes& c, std::vector<std::size_t> these, std::vector<std::size_t> those) {
  for (const std::size_t a : these) {
    for (const std::size_t b : those) {
      c.world.net().block("n" + std::to_string(a), "n" + std::to_string(b));
      c.world.net().block("n" + std::to_string(b), "n" + std::to_string(a));
    }
  }
}

bool soon(whole_nodes& c, const std::function<bool()>& what, duration patience) {
  const duration end = c.world.elapsed() + patience;
  while (!what() && c.world.elapsed() < end) c.world.run_for(seconds(1));
  return what();
}

std::string count_of(whole_nodes& c, std::size_t i) {
  return c.get(i, "/store/query" + always + "&count");
}

// What an answer of it says that it covers: one object of JSON.
nlohmann::json coverage_of(whole_nodes& c, std::size_t i) {
  const std::string lines = c.get(i, "/store/query" + always + "&format=json&summary&q=nothing");
  return nlohmann::json::parse(lines, nullptr, false);
}

}  // namespace

TEST_CASE("K12: what a store of short retention drops is neither copied back nor missed",
          "[node]") {
  some_nodes c({role::store});
  c.st.log.retention.retain = hours(2);
  const std::size_t brief = c.join(role::store);
  want_copies(c, 2);
  // The same on both, of an hour that only one of them is to keep.
  const auto records = old_lines(c, 1, 100);
  c.put_into_store(0, records);
  c.put_into_store(brief, records);
  for (const std::size_t i : {std::size_t{0}, brief}) {
    c.consume_at(i);
    c.repair_at(i);
  }
  const auto dropped = [&] { return digests_of(c, brief).empty(); };
  REQUIRE(c.world.run_until(dropped, hours(1)));
  for (int hour = 0; hour < 2; ++hour) {
    c.world.run_for(hours(1));
    CHECK(digests_of(c, brief).empty());
    CHECK(digests_of(c, 0).size() == 1);
    for (const std::size_t i : {std::size_t{0}, brief}) {
      CHECK(c.number(i, under_replicated) == 0);
      CHECK(c.number(i, "oklog_store_repaired_bytes_total") == 0);
    }
  }
  // The one copy that is left dies with its store: the answer says from when on it holds.
  c.kill(0);
  c[0].member.state = cluster::state::dead;
  c[0].member.since = c.client.env().clock.boot();
  c.tell();
  const answer a = c.query(brief, "");
  CHECK(lines_in(a.body) == 0);
  CHECK(a.trailer("X-Oklog-Coverage") != "full");
  const auto said = nlohmann::json::parse(a.trailer("X-Oklog-Summary"));
  REQUIRE(said.contains("since"));
  CHECK(said["since"].get<std::string>() >
        format_rfc3339(from_unix_ms(static_cast<std::int64_t>(records.back().id.ms()))));
}

TEST_CASE("K14: of two sides of a partition neither commits to a store that only it has seen",
          "[node]") {
  whole_nodes c(4);
  for (const std::size_t i : {0U, 1U, 2U}) REQUIRE(c.start(i));
  REQUIRE(soon(
      c, [&] { return c.metric(2, "oklog_store_admitted") == "1"; }, minutes(1)));
  c.world.run_for(seconds(10));
  cut(c, {0, 3}, {1, 2});
  REQUIRE(c.start(3));  // it asks n0
  const auto alone = [&] { return c.metric(0, "oklog_store_short_of_stores") == "1"; };
  REQUIRE(soon(c, alone, minutes(2)));
  const std::string before = c.metric(0, "oklog_ingest_committed_segments_total");
  REQUIRE(c.send(0, numbered(0, 50)));
  REQUIRE(c.send(3, numbered(50, 100)));
  c.world.run_for(minutes(5));
  CHECK(c.metric(3, "oklog_store_admitted") == "0");
  CHECK(c.metric(0, "oklog_ingest_committed_segments_total") == before);
  CHECK(c.metric(3, "oklog_ingest_committed_segments_total") == "0");
  for (const std::size_t i : {1U, 2U}) {
    INFO(coverage_of(c, i).dump());
    CHECK(coverage_of(c, i)["coverage"] == "partial");
  }
  c.world.net().heal();
  const auto admitted = [&] { return c.metric(3, "oklog_store_admitted") == "1"; };
  REQUIRE(soon(c, admitted, minutes(2)));
  const auto whole = [&] {
    bool all = true;
    for (std::size_t i = 0; i < 4; ++i) {
      all = all && count_of(c, i) == "100\n" && coverage_of(c, i)["coverage"] == "full";
    }
    return all;
  };
  CHECK(soon(c, whole, minutes(2)));
}

TEST_CASE(
    "K15: a store that is gone is missed while what it held has one holder left, and that dies",
    "[node]") {
  whole_nodes c(3);
  for (auto& config : c.config) config.st.repair_after = minutes(1);
  c.start_all();
  REQUIRE(c.all_see(3));
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(c.send(i, numbered(100 * static_cast<int>(i), 100 * static_cast<int>(i) + 100)));
  }
  c.world.run_for(minutes(1));
  // Of the others one cannot fetch anything, and then its only source dies.
  c.kill(0);
  cut(c, {1}, {2});
  c.world.run_for(minutes(3));
  c.kill(1);
  c.world.net().heal();
  for (int minute = 0; minute < 15; ++minute) {
    c.world.run_for(minutes(1));
    const auto said = coverage_of(c, 2);
    INFO(said.dump());
    CHECK(said["coverage"] == "partial");
    CHECK(c.metric(2, "oklog_store_counted_stores") == "3");
  }
  // It comes back with its disk: both copies are made, and the first is missed no more.
  REQUIRE(c.start(1));
  const auto retired = [&] { return c.metric(2, "oklog_store_counted_stores") == "2"; };
  REQUIRE(soon(c, retired, minutes(10)));
  CHECK(count_of(c, 2) == "300\n");
}

TEST_CASE("K20: a store that is still reading its footers is no store without records", "[node]") {
  whole_nodes c(2);
  for (auto& config : c.config) config.st.replication_factor = 1;
  c.start_all();
  REQUIRE(c.all_see(2));
  REQUIRE(c.send(0, numbered(0, 100)));
  const auto there = [&] { return c.metric(1, "oklog_store_segments") == "1"; };
  // Whoever has it is started anew, on a slow disk.
  const std::size_t holder = soon(c, there, minutes(1)) ? 1 : 0;
  const std::size_t other = 1 - holder;
  REQUIRE(count_of(c, other) == "100\n");
  CHECK(c.stop(holder) == 0);
  c.host(holder).set_pool_delay(seconds(3), seconds(3));
  c.begin(holder);
  std::size_t not_full = 0;
  const auto whole = [&] {
    const bool full = coverage_of(c, other)["coverage"] == "full";
    if (full) CHECK(count_of(c, other) == "100\n");
    not_full += full ? 0 : 1;
    return full && c.ready(holder);
  };
  CHECK(soon(c, whole, minutes(10)));
  CHECK(not_full > 3);
}

TEST_CASE("K16: a store whose disk is sick at its start does not ask it without a pause",
          "[node]") {
  whole_nodes c(2);
  c.start_all();
  c.world.run_for(seconds(5));
  c.kill(1);
  sim::disk& disk = c.host(1).disk();
  disk.fail_syncs(true);
  c.begin(1);
  const std::uint64_t before = disk.operations();
  c.world.run_for(seconds(10));
  CHECK(disk.operations() - before < 1000);
  disk.fail_syncs(false);
  CHECK(soon(
      c, [&] { return count_of(c, 1) == "0\n"; }, seconds(30)));
}

}  // namespace oklog::node_test
