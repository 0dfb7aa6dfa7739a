// Stores that let go of copies: too many of them, and all of one that drains.
#include "node/release.h"

#include "node/some_nodes.h"
#include "oklog/store/placement.h"

namespace oklog::node_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* released = "oklog_store_released_segments_total";

// `count` hours that are over, with some records each.
test::plain_records some_hours(some_nodes& c, std::uint64_t from, std::uint64_t to) {
  test::plain_records all;
  const auto now = static_cast<std::uint64_t>(unix_ms(c.client.env().clock.now()));
  for (std::uint64_t hour = from; hour < to; ++hour) {
    const auto one = test::lines((now / window_ms - 3 - hour) * window_ms + 7, 1000 * hour + 1, 20);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

void start_releasing(some_nodes& c) {
  for (std::size_t i = 0; i < c.size(); ++i) {
    c.consume_at(i);
    c.repair_at(i);
    c.release_at(i);
  }
}

struct releasing_stores : some_nodes {
  explicit releasing_stores(std::size_t n, std::uint64_t seed = 1)
      : some_nodes(std::vector<cluster::role>(n, cluster::role::store), seed) {
    want_copies(*this, 2);
    world.run_for(minutes(1));  // everybody is admitted
  }
  void drain(std::size_t i, bool on = true) {
    REQUIRE(world.run((*this)[i].storer->roster().set_draining(on)));
  }
  std::map<partition, std::size_t> copies() {
    std::map<partition, std::size_t> n;
    for (std::size_t i = 0; i < size(); ++i) {
      for (const auto& [where, digest] : digests_of(*this, i)) ++n[where];
    }
    return n;
  }
  // While time goes by each partition has at least so many copies.
  void watch_copies(duration how_long, std::size_t partitions, std::size_t least) {
    const duration end = world.elapsed() + how_long;
    while (world.elapsed() < end) {
      world.run_for(seconds(20));
      const auto n = copies();
      REQUIRE(n.size() == partitions);
      for (const auto& [where, count] : n) REQUIRE(count >= least);
    }
  }
};

}  // namespace

TEST_CASE("K13: a new store takes its share, and the copies that are too many go", "[node]") {
  releasing_stores c(2);
  for (std::size_t i = 0; i < 2; ++i) c.put_into_store(i, some_hours(c, 0, 12));
  start_releasing(c);
  c.world.run_for(minutes(5));
  CHECK(c.number(0, released) + c.number(1, released) == 0);
  const std::size_t third = c.join(cluster::role::store);
  want_copies(c, 2);
  c.consume_at(third);
  c.repair_at(third);
  c.release_at(third);
  c.watch_copies(minutes(30), 12, 2);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 3; ++i) ids.push_back(c[i].storer->log().store_id());
  for (const auto& [where, n] : c.copies()) {
    CHECK(n == 2);
    const auto homes = write_set(where, ids, 2);
    for (std::size_t i = 0; i < 3; ++i) {
      const bool home = std::find(homes.begin(), homes.end(), ids[i]) != homes.end();
      CHECK(digests_of(c, i).contains(where) == home);
    }
  }
  CHECK(digests_of(c, third).size() > 2);
  CHECK(c.same("count") == "240\n");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(c.number(i, "oklog_store_under_replicated_partitions") == 0);
    CHECK(c[i].storer->log().marked().empty());
  }
}

TEST_CASE("K13: a store that drains holds nothing in the end, and every answer is complete",
          "[node]") {
  releasing_stores c(3);
  for (std::size_t i = 0; i < 2; ++i) c.put_into_store(i, some_hours(c, 0, 10));
  start_releasing(c);
  c.world.run_for(minutes(20));
  REQUIRE(c.copies().size() == 10);
  c.drain(0);
  for (int i = 0; i < 20; ++i) {
    c.watch_copies(minutes(1), 10, 2);
    REQUIRE(c.same("count") == "200\n");
  }
  CHECK(c[0].storer->log().segments() == 0);
  CHECK(c[1].storer->log().segments() == 10);
  CHECK(c[2].storer->log().segments() == 10);
  CHECK(c.logged(0, "drained"));
  // It takes nothing new.
  api::piece_offer offer;
  offer.name = "x";
  offer.from = c[1].storer->log().store_id();
  const auto refused = c.world.run(c[0].replicas->take_piece(offer));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::no_space);
}

TEST_CASE("K13: a drain that is cancelled makes it a store like the others again", "[node]") {
  releasing_stores c(3);
  for (std::size_t i = 0; i < 2; ++i) c.put_into_store(i, some_hours(c, 0, 10));
  start_releasing(c);
  c.world.run_for(minutes(20));
  const auto before = digests_of(c, 0);
  REQUIRE_FALSE(before.empty());
  c.drain(0);
  c.world.run_for(seconds(90));
  c.drain(0, false);
  c.watch_copies(minutes(30), 10, 2);
  CHECK(digests_of(c, 0) == before);
  CHECK(c[0].storer->log().marked().empty());
  for (const auto& [where, n] : c.copies()) CHECK(n == 2);
}

TEST_CASE("K13: what was let go of is fetched again where it is wanted again", "[node]") {
  releasing_stores c(3);
  for (std::size_t i = 0; i < 2; ++i) c.put_into_store(i, some_hours(c, 0, 6));
  start_releasing(c);
  c.world.run_for(minutes(15));
  const auto before = digests_of(c, 2);
  REQUIRE_FALSE(before.empty());
  for (int round = 0; round < 2; ++round) {
    c.drain(2);
    const auto empty = [&] { return c[2].storer->log().segments() == 0; };
    REQUIRE(c.world.run_until(empty, minutes(20)));
    c.drain(2, false);
    c.world.run_for(minutes(15));
    CHECK(digests_of(c, 2) == before);
    for (const auto& [where, n] : c.copies()) CHECK(n == 2);
  }
}

TEST_CASE("K13: with too few others nothing is let go of", "[node]") {
  releasing_stores c(2);
  for (std::size_t i = 0; i < 2; ++i) c.put_into_store(i, some_hours(c, 0, 5));
  start_releasing(c);
  c.world.run_for(minutes(5));
  c.drain(0);
  c.watch_copies(minutes(30), 5, 2);
  CHECK(c[0].storer->log().segments() == 5);
}

// Who drains is known to itself alone: each counts the other.
TEST_CASE("K13: X counts {A, B}, A counts {X, B}: not both let go", "[node]") {
  for (const std::uint64_t seed : {1U, 2U}) {
    releasing_stores c(4, seed);
    for (std::size_t i = 0; i < 4; ++i) c.put_into_store(i, some_hours(c, 0, 12));
    c.stop_rosters();
    c.drain(0);
    c.drain(1);
    start_releasing(c);
    c.watch_copies(minutes(40), 12, 2);
  }
}

TEST_CASE("K13: a store that is letting go of a copy itself confirms nothing of it", "[node]") {
  releasing_stores c(3);
  for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, some_hours(c, 0, 1));
  const partition where = c[0].storer->log().catalogue().partitions.front().where;
  const set_digest digest = c[0].storer->log().describe(where)->digest;
  for (std::size_t i = 0; i < 3; ++i) c.consume_at(i);
  c.world.run_for(minutes(5));  // settled
  node::releaser& asked = *c[1].releaser;
  CHECK(asked.has_digest(where, digest) == api::holding::yes);
  CHECK(asked.has_digest({where.window + 1, 0}, digest) == api::holding::no);
  const block_ref block = c[0].storer->log().live().front()->block(0);
  const some_records rows = records_of(block, 100)->front();
  CHECK(c.world.run(asked.has_records(where, rows)) == api::holding::yes);
  auto job = c[1].storer->log().begin_mark(where, true);
  REQUIRE(job);
  job->run();
  REQUIRE(c[1].storer->log().end_mark(std::move(*job)));
  CHECK(asked.has_digest(where, digest) == api::holding::no);
  CHECK(c.world.run(asked.has_records(where, rows)) == api::holding::no);
  c.drain(2);
  CHECK(c[2].releaser->has_digest(where, digest) == api::holding::no);
}

TEST_CASE("K13: a copy that holds less than its homes goes; one record more keeps it", "[node]") {
  for (const bool more : {false, true}) {
    releasing_stores c(3);
    const auto all = some_hours(c, 0, 1);
    const std::vector<std::string> ids{c[0].storer->log().store_id(), c[1].storer->log().store_id(),
                                       c[2].storer->log().store_id()};
    const partition where{window_of(all.front().id), 0};
    const auto homes = write_set(where, ids, 2);
    std::size_t other = 0;
    while (std::find(homes.begin(), homes.end(), ids[other]) != homes.end()) ++other;
    for (std::size_t i = 0; i < 3; ++i) {
      test::plain_records some(all.begin(), all.begin() + (i == other ? 7 : 20));
      if (i == other && more) some.push_back({ulid::make(all[7].id.ms(), 9, 9), "default", "only"});
      c.put_into_store(i, some);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      c.consume_at(i);
      c.release_at(i);
    }
    c.world.run_for(minutes(15));
    CHECK(c[other].storer->log().segments() == (more ? 1U : 0U));
    CHECK(c[other].storer->log().marked().empty());
    if (!more) continue;
    // Once the homes have taken it, it goes.
    for (std::size_t i = 0; i < 3; ++i) c.repair_at(i);
    c.world.run_for(hours(2));
    CHECK(c[other].storer->log().segments() == 0);
    CHECK(c.same("count") == "21\n");
  }
}

TEST_CASE("K13: a mark left from before a start is taken back, and the copy goes when it may",
          "[node]") {
  releasing_stores c(3);
  for (std::size_t i = 0; i < 3; ++i) {
    c.put_into_store(i, some_hours(c, 0, 6));
    c.put_into_store(i, test::lines(some_hours(c, 0, 1).back().id.ms() + 5, 7000, 20));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    store_log& log = c[i].storer->log();
    for (const catalogue_partition& p : log.catalogue().partitions) {
      auto job = log.begin_mark(p.where, true);
      REQUIRE(job);
      job->run();
      REQUIRE(log.end_mark(std::move(*job)));
    }
  }
  start_releasing(c);
  c.watch_copies(minutes(30), 6, 2);
  for (const auto& [where, n] : c.copies()) CHECK(n == 2);
  for (std::size_t i = 0; i < 3; ++i) CHECK(c[i].storer->log().marked().empty());
}

TEST_CASE("K13: what was let go of is listed and read two more minutes", "[node]") {
  releasing_stores c(3);
  for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, some_hours(c, 0, 6));
  start_releasing(c);
  const auto marked = [&] {
    std::size_t n = 0;
    for (std::size_t i = 0; i < 3; ++i) n += c[i].storer->log().marked().size();
    return n;
  };
  REQUIRE(c.world.run_until([&] { return marked() > 0; }, minutes(10)));
  c.world.run_for(seconds(110));
  for (const auto& [where, n] : c.copies()) CHECK(n == 3);
  c.world.run_for(minutes(10));
  for (const auto& [where, n] : c.copies()) CHECK(n == 2);
}

}  // namespace oklog::node_test
