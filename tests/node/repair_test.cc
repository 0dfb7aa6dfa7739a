// Stores that make the copies which are missing.
#include <algorithm>
#include <map>
#include <set>

#include "node/some_nodes.h"
#include "oklog/segment/names.h"

namespace oklog::node_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* repaired_bytes = "oklog_store_repaired_bytes_total";

// Stores are as they are left: they repair and compact, and nobody consumes.
void start_repairing(some_nodes& c) {
  for (std::size_t i = 0; i < c.size(); ++i) {
    c.consume_at(i);
    c.repair_at(i);
  }
}

}  // namespace

TEST_CASE("repair: a store without its records is refilled until digests are equal", "[node]") {
  some_nodes c(std::vector<cluster::role>(2, cluster::role::store));
  want_copies(c, 2);
  c.put_into_store(0, old_lines(c, 1, 500));
  c.put_into_store(0, old_lines(c, 501, 500));
  c.put_into_store(0, old_lines(c, window_ms, 300));
  start_repairing(c);
  c.world.run_for(std::chrono::milliseconds(1));
  CHECK(c.number(0, under_replicated) == 2);  // also before anybody was asked
  c.world.run_for(seconds(3));
  CHECK(c.number(0, under_replicated) == 2);
  CHECK(c.number(1, under_replicated) == 2);
  c.world.run_for(minutes(5));
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  CHECK(held_by(c, 1).size() == 1300);
  CHECK(c.number(0, under_replicated) == 0);
  CHECK(c.number(1, under_replicated) == 0);
  CHECK(c.number(1, "oklog_store_repaired_segments_total") == 3);
  CHECK(c.number(0, repaired_bytes) == 0);
  CHECK(c.logged(1, "repairing a partition"));
  CHECK(c.logged(1, "repaired a partition"));
}

TEST_CASE("repair: equal stores fetch nothing", "[node]") {
  some_nodes c(std::vector<cluster::role>(2, cluster::role::store));
  want_copies(c, 2);
  // The same records, in other pieces.
  c.put_into_store(0, old_lines(c, 1, 1000));
  c.put_into_store(1, old_lines(c, 1, 400));
  c.put_into_store(1, old_lines(c, 401, 600));
  start_repairing(c);
  c.world.run_for(minutes(20));
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(c.number(i, repaired_bytes) == 0);
    CHECK(c.number(i, "oklog_store_replicated_bytes_total{direction=\"ingress\"}") == 0);
    CHECK(c.number(i, under_replicated) == 0);
  }
}

TEST_CASE("K11: stores that hold different records of one hour end with the same", "[node]") {
  some_nodes c(std::vector<cluster::role>(2, cluster::role::store));
  want_copies(c, 2);
  c.put_into_store(0, old_lines(c, 1, 600));
  c.put_into_store(1, old_lines(c, 401, 600));
  start_repairing(c);
  c.world.run_for(minutes(20));
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  CHECK(held_by(c, 0).size() == 1000);
  CHECK(held_by(c, 1).size() == 1000);
  CHECK(c.number(0, under_replicated) == 0);
  const double copied = c.number(0, repaired_bytes) + c.number(1, repaired_bytes);
  c.world.run_for(minutes(30));
  CHECK(c.number(0, repaired_bytes) + c.number(1, repaired_bytes) == copied);
}

TEST_CASE("repair: a second store that joins a lone one gets the copies", "[node]") {
  some_nodes c(1);
  want_copies(c, 2);
  start_repairing(c);
  c.send(0, numbered(0, 200));
  REQUIRE(c.consume_everything());
  c.world.run_for(seconds(30));
  CHECK(c.number(0, under_replicated) >= 1);
  const std::size_t second = c.join();
  want_copies(c, 2);
  c.consume_at(second);
  c.repair_at(second);
  c.world.run_for(minutes(1));
  CHECK(held_by(c, second) == held_by(c, 0));
  CHECK(held_by(c, second).size() == 200);
  CHECK(c.number(0, under_replicated) == 0);
  CHECK(c.number(second, under_replicated) == 0);
  CHECK(c.same("count") == "200\n");
}

TEST_CASE("repair: what a dead store held is copied elsewhere, but not after a short absence",
          "[node]") {
  some_nodes c(3);
  want_copies(c, 2);
  start_repairing(c);
  for (std::size_t i = 0; i < 3; ++i) {
    c.send(i, numbered(100 * static_cast<int>(i), 100 * static_cast<int>(i) + 100));
  }
  REQUIRE(c.consume_everything());
  c.world.run_for(seconds(30));
  const auto held = [&c](std::size_t i) { return held_by(c, i).size(); };
  const std::size_t victim = held(0) > 0 ? 0 : 1;
  const std::size_t first = victim == 0 ? 1 : 0;
  const std::size_t before = held(first) + held(2);
  REQUIRE(held(victim) + before == 600);
  REQUIRE(before < 600);
  die(c, victim);
  c.world.run_for(minutes(9));
  CHECK(held(first) + held(2) == before);
  CHECK(c.number(2, under_replicated) > 0);
  c.world.run_for(minutes(3));
  CHECK(held(first) == 300);
  CHECK(held(2) == 300);
  CHECK(c.number(2, under_replicated) == 0);
}

TEST_CASE("repair: a store that was away while others consumed catches up", "[node]") {
  some_nodes c(3);
  want_copies(c, 2);
  start_repairing(c);
  c.host(2).pause();
  c[2].member.state = cluster::state::dead;
  c[2].member.since = c.client.env().clock.boot();
  c.tell();
  for (int round = 0; round < 3; ++round) {
    c.send(0, numbered(100 * round, 100 * round + 100));
    c.world.run_for(minutes(25));
  }
  REQUIRE(held_by(c, 0).size() == 300);
  REQUIRE(held_by(c, 1).size() == 300);
  REQUIRE(held_by(c, 2).empty());
  c[2].member.state = cluster::state::alive;
  c.host(2).resume();
  c.tell();
  c.world.run_for(minutes(2));
  // Its share: the partitions of whose home set it is.
  const auto others = digests_of(c, 0);
  const auto own = digests_of(c, 2);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 3; ++i) ids.push_back(c[i].storer->log().store_id());
  for (const auto& [where, digest] : others) {
    INFO(format(where));
    const auto set = write_set(where, ids, 2);
    const bool home = std::find(set.begin(), set.end(), ids[2]) != set.end();
    CHECK(own.contains(where) == home);
    if (home) CHECK(own.at(where) == digest);
  }
  const double copied = c.number(2, repaired_bytes);
  c.world.run_for(minutes(10));
  CHECK(c.number(2, repaired_bytes) == copied);
}

TEST_CASE("K7: copies outside the home set are not fetched by others, nor for ever", "[node]") {
  some_nodes c(std::vector<cluster::role>(3, cluster::role::store));
  want_copies(c, 2);
  for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, old_lines(c, 1, 500));
  const partition where = digests_of(c, 0).begin()->first;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 3; ++i) ids.push_back(c[i].storer->log().store_id());
  const std::string outside = rank_stores(where, ids).back();
  // The one that is no home has more than the others.
  const std::size_t extra =
      static_cast<std::size_t>(std::find(ids.begin(), ids.end(), outside) - ids.begin());
  c.put_into_store(extra, old_lines(c, 501, 100));
  start_repairing(c);
  c.world.run_for(minutes(30));
  double copied = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(held_by(c, i).size() == 600);
    copied += c.number(i, repaired_bytes);
    CHECK(c.number(i, under_replicated) == 0);
  }
  CHECK(c.number(extra, repaired_bytes) == 0);
  c.world.run_for(minutes(30));
  for (std::size_t i = 0; i < 3; ++i) copied -= c.number(i, repaired_bytes);
  CHECK(copied == 0);
}

TEST_CASE("repair: a damaged piece is refused, and another store's is taken", "[node]") {
  some_nodes c(std::vector<cluster::role>(3, cluster::role::store));
  want_copies(c, 3);
  c.put_into_store(0, old_lines(c, 1, 500));
  c.put_into_store(1, old_lines(c, 1, 499));
  // The larger copy is asked for first.
  const std::string name = c[0].storer->log().live().front()->name;
  c.host(0).disk().bit_flip("/data/store/" + name, 600);
  start_repairing(c);
  c.world.run_for(minutes(5));
  CHECK(held_by(c, 2).size() == 499);
  CHECK(c.number(2, "oklog_store_repair_failures_total") >= 1);
  CHECK(c.logged(2, "repair: copying a piece failed"));
  for (const segment_ptr& s : c[2].storer->log().live()) CHECK(verify_store_segment(*s));
}

TEST_CASE("K12: what retention would remove is not copied", "[node]") {
  some_nodes c(std::vector<cluster::role>(2, cluster::role::store));
  want_copies(c, 2);
  const auto now = static_cast<std::uint64_t>(unix_ms(c.client.env().clock.now()));
  c.put_into_store(0, test::lines((now / window_ms - 168) * window_ms - 1000, 1, 100));
  c.put_into_store(0, old_lines(c, 1, 100));
  c.repair_at(1);  // without retention on either side
  c.world.run_for(minutes(5));
  CHECK(held_by(c, 1).size() == 100);
  CHECK(c[1].storer->log().catalogue().partitions.size() == 1);
}

}  // namespace oklog::node_test
