// Damage on one store's disk: found, replaced from another, counted.
#include "node/some_nodes.h"
#include "node/whole_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* damaged = "oklog_store_damaged_segments";
constexpr const char* replaced = "oklog_store_replaced_segments_total";
constexpr const char* scrub_damaged = "oklog_store_scrub_damaged_total";

void flip_in_text(some_nodes& c, std::size_t i) {
  const segment_ptr s = c[i].storer->log().live().front();
  const store_block& b = s->footer.blocks.front();
  c.host(i).disk().bit_flip(s->file->path, b.offset + b.header.header_frame_bytes + 20, 3);
}

void flip_in_filters(some_nodes& c, std::size_t i) {
  const segment_ptr s = c[i].storer->log().live().front();
  const store_block& last = s->footer.blocks.back();
  c.host(i).disk().bit_flip(s->file->path, last.offset + last.header.bytes() + 20, 3);
}

// Two stores that hold the same, at rest.
struct two_stores : some_nodes {
  two_stores() : some_nodes(std::vector<cluster::role>(2, cluster::role::store)) {
    want_copies(*this, 2);
    for (std::size_t i = 0; i < 2; ++i) put_into_store(i, old_lines(*this, 1, 3000));
    for (std::size_t i = 0; i < 2; ++i) {
      consume_at(i);
      repair_at(i);
      scrub_at(i);
    }
  }
};

}  // namespace

TEST_CASE("C12: a bit flipped on one replica is found, replaced from the other, and counted",
          "[node]") {
  two_stores c;
  const auto before = digests_of(c, 0);
  flip_in_text(c, 0);
  REQUIRE(c.world.run_until([&] { return c.number(0, scrub_damaged) == 1; }, minutes(11)));
  CHECK(c.logged(0, "segment damaged"));
  c.world.run_for(minutes(2));
  CHECK(c.number(0, replaced) == 1);
  CHECK(c.number(0, damaged) == 0);
  CHECK(c.number(0, "oklog_store_compared_files") == 1);
  CHECK(c.number(0, "oklog_store_quarantined_files") == 0);
  CHECK(digests_of(c, 0) == before);
  CHECK(digests_of(c, 1) == before);
  CHECK(c.number(1, scrub_damaged) == 0);
  CHECK(c.same("count") == "3000\n");
  for (const segment_ptr& s : c[0].storer->log().live()) CHECK(verify_store_segment(*s));
  CHECK(c.number(0, "oklog_store_under_replicated_partitions") == 0);
}

TEST_CASE("C12: damage that nobody else can make good stays, is used, and is counted", "[node]") {
  two_stores c;
  flip_in_text(c, 0);
  flip_in_text(c, 1);
  c.world.run_for(minutes(30));
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(c.number(i, damaged) == 1);
    CHECK(c.number(i, replaced) == 0);
    CHECK(c.number(i, "oklog_store_under_replicated_partitions") == 1);
    CHECK(c[i].storer->log().segments() == 1);
  }
}

TEST_CASE(
    "C12: a replica of which only the filters are damaged is written anew, and makes the other one "
    "good",
    "[node]") {
  two_stores c;
  flip_in_filters(c, 0);
  flip_in_text(c, 1);
  c.world.run_for(minutes(30));
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(c.number(i, damaged) == 0);
    CHECK(c.number(i, replaced) == 1);
    CHECK(c.number(i, "oklog_store_under_replicated_partitions") == 0);
  }
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  CHECK(c.same("count") == "3000\n");
}

TEST_CASE("C12: the damaged blocks of two replicas are made good where they are not the same",
          "[node]") {
  some_nodes c(std::vector<cluster::role>(2, cluster::role::store));
  want_copies(c, 2);
  // Two pieces: each store has damage in another one.
  for (std::size_t i = 0; i < 2; ++i) {
    c.put_into_store(i, old_lines(c, 1, 2000));
    c.put_into_store(i, old_lines(c, 5001, 2000));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    for (const segment_ptr& s : c[i].storer->log().live()) {
      const bool first = s->footer.min.seq() < 5000;
      const store_block& b = s->footer.blocks.front();
      if (first == (i == 0)) {
        c.host(i).disk().bit_flip(s->file->path, b.offset + b.header.header_frame_bytes + 20);
      }
    }
    c.scrub_at(i, minutes(1));
  }
  c.world.run_for(minutes(5));
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(c.number(i, replaced) == 1);
    CHECK(c.number(i, damaged) == 0);
  }
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  CHECK(c.same("count") == "4000\n");
}

TEST_CASE("C12: a scrub keeps its pace, and what is compacted away meanwhile is no failure",
          "[node]") {
  some_nodes c(std::vector<cluster::role>(1, cluster::role::store));
  c.st.scrub_bytes_per_second = 1000;
  for (std::uint64_t i = 0; i < 8; ++i) c.put_into_store(0, old_lines(c, i * 1000 + 1, 1000));
  c.scrub_at(0, minutes(1));
  const std::uint64_t bytes = c[0].storer->log().bytes();
  REQUIRE(bytes > 10'000);
  c.world.run_for(seconds(65));
  const double read = c.number(0, "oklog_store_scrub_bytes_total");
  CHECK(read > 0);
  CHECK(read < 90'000);
  c.consume_at(0);  // and compacts
  c.world.run_for(minutes(10));
  CHECK(c.number(0, "oklog_store_scrub_failures_total") == 0);
  CHECK(c.number(0, scrub_damaged) == 0);
}

TEST_CASE("C12: a sound segment is not put aside because the disk fails when it is read again",
          "[node]") {
  two_stores c;
  c.world.run_for(minutes(2));
  c.stop_rosters();
  store_log& log = c[0].storer->log();
  const std::string name = log.live().front()->name;
  REQUIRE(log.note_damage(name, "a query could not read it"));
  sim::disk& disk = c.host(0).disk();
  const auto refused = [&] {
    if (c.logged(0, "a segment that seems damaged could not be read again")) return true;
    disk.fail_operation(disk.operations() + 1);
    return false;
  };
  REQUIRE(c.world.run_until(refused, minutes(1)));
  disk.fail_operation(1);  // long past: from here on it is well
  REQUIRE(c.world.run_until([&] { return c.number(0, damaged) == 0; }, minutes(1)));
  CHECK(c.number(0, replaced) == 0);
  CHECK(log.live().front()->name == name);
}

TEST_CASE("C12: a disk that fails once is asked again before a segment counts as damaged",
          "[node]") {
  some_nodes c(std::vector<cluster::role>(1, cluster::role::store));
  c.put_into_store(0, old_lines(c, 1, 3000));
  c.scrub_at(0);
  c.stop_rosters();
  sim::disk& disk = c.host(0).disk();
  const auto refuse_until = [&](double failures) {
    disk.fail_operation(disk.operations() + 1);  // there are no others than the scrub's
    const auto refused = [&] {
      return c.number(0, "oklog_store_scrub_failures_total") == failures;
    };
    return c.world.run_until(refused, minutes(11));
  };
  REQUIRE(refuse_until(1));
  CHECK(c.number(0, damaged) == 0);
  c.world.run_for(minutes(11));
  CHECK(c.number(0, "oklog_store_scrub_segments_total") == 1);
  REQUIRE(refuse_until(2));
  CHECK(c.number(0, damaged) == 0);
  REQUIRE(refuse_until(3));
  CHECK(c.number(0, scrub_damaged) == 1);
}

TEST_CASE(
    "damage: a segment that the disk would not give once is read again, and is no damaged one",
    "[node]") {
  some_nodes c(std::vector<cluster::role>(1, cluster::role::store));
  for (std::uint64_t i = 0; i < 3; ++i) c.put_into_store(0, old_lines(c, i * 5000 + 1, 1000));
  store_log& log = c[0].storer->log();
  REQUIRE(log.note_damage(log.live().front()->name, "a bad day"));
  CHECK(log.catalogue().partitions.front().damaged);
  c.scrub_at(0);
  c.consume_at(0);  // and compacts
  c.world.run_for(minutes(10));
  CHECK(c.number(0, damaged) == 0);
  CHECK(log.segments() == 1);
  CHECK(log.catalogue().partitions.front().settled);
}

TEST_CASE("K20: a segment whose footer is damaged is quarantined at start, and repaired",
          "[node]") {
  whole_nodes c(2);
  for (auto& config : c.config) {
    config.st.replication_factor = 2;
    config.st.repair_every = seconds(2);
    config.in.flush_age = std::chrono::milliseconds(200);
    config.st.target_age = std::chrono::milliseconds(200);
  }
  c.start_all();
  REQUIRE(c.all_see(2));
  REQUIRE(c.send(0, numbered(0, 500)));
  c.world.run_for(seconds(20));
  REQUIRE(c.metric(1, "oklog_store_segments") == "1");
  c.world.run_for(minutes(2));  // a pass proves the two copies
  CHECK(c.stop(1) == 0);
  for (const std::string& f : c.host(1).disk().files()) {
    if (f.find("/store/") == f.npos || f.find("-s0") == f.npos) continue;
    const std::size_t size = c.host(1).disk().contents(f)->size();
    c.host(1).disk().bit_flip(f, size - 40);
  }
  REQUIRE(c.start(1));
  REQUIRE(c.all_see(2));
  CHECK(c.metric(1, "oklog_store_quarantined_files") == "1");
  CHECK(c.metric(1, "oklog_store_segments") == "0");
  c.world.run_for(minutes(2));
  CHECK(c.metric(1, "oklog_store_segments") == "1");
  CHECK(c.metric(0, "oklog_store_under_replicated_partitions") == "0");
  // All that it held was on two stores, and now all that it holds is.
  CHECK(c.metric(1, "oklog_store_quarantined_files") == "0");
  CHECK(c.metric(1, "oklog_store_compared_files") == "1");
  CHECK(c.get(1, "/store/_query?count&from=0") == c.get(0, "/store/_query?count&from=0"));
}

TEST_CASE("K20: what may have been the only copy leaves answers partial, however often it starts",
          "[node]") {
  whole_nodes c(2);
  for (auto& config : c.config) {
    config.st.replication_factor = 2;
    config.st.repair_every = seconds(2);
    config.in.flush_age = std::chrono::milliseconds(200);
  }
  REQUIRE(c.start(0));
  REQUIRE(c.send(0, numbered(0, 500)));
  c.world.run_for(minutes(1));
  CHECK(c.stop(0) == 0);
  for (const std::string& f : c.host(0).disk().files()) {
    if (f.find("/store/") == f.npos || f.find("-s0") == f.npos) continue;
    c.host(0).disk().bit_flip(f, c.host(0).disk().contents(f)->size() - 40);
  }
  for (int life = 0; life < 3; ++life) {
    REQUIRE(c.start(0));
    if (life > 0) REQUIRE(c.start(1));
    c.world.run_for(minutes(3));
    CHECK(c.metric(0, "oklog_store_quarantined_files") == "1");
    for (std::size_t i = 0; i < 2; ++i) {
      if (c.runs(i)) CHECK(c.stop(i) == 0);
    }
  }
}

}  // namespace oklog::node_test
