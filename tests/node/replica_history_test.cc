// Histories of copies at rest that would differ for ever, or count for more than they are, if it
// were not for the rule that each names.
#include <algorithm>

#include "node/some_nodes.h"
#include "oklog/store/placement.h"

namespace oklog::node_test {
namespace {

using cluster::role;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The nodes that are stores, as a partition ranks them.
std::vector<std::size_t> ranked_stores(some_nodes& c, const partition& where) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (c[i].storer) ids.push_back(c[i].storer->log().store_id());
  }
  std::vector<std::size_t> ranked;
  for (const std::string& id : rank_stores(where, ids)) {
    for (std::size_t i = 0; i < c.size(); ++i) {
      if (c[i].storer && c[i].storer->log().store_id() == id) ranked.push_back(i);
    }
  }
  return ranked;
}

std::vector<std::size_t> holders_of(some_nodes& c, const partition& where) {
  std::vector<std::size_t> held;
  for (const std::size_t i : ranked_stores(c, where)) {
    if (digests_of(c, i).contains(where)) held.push_back(i);
  }
  return held;
}

void start_upkeep(some_nodes& c, std::optional<std::size_t> consumes_already = {}) {
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (!c[i].storer) continue;
    if (i != consumes_already) c.consume_at(i);
    c.repair_at(i);
    c.release_at(i);
  }
}

// From now on its store takes nothing, until there is room again. The reserve is there for what the
// store itself writes down.
void fill_disk(some_nodes& c, std::size_t i) {
  c.host(i).disk().set_capacity(c.host(i).disk().used() + disk_reserve / 2);
}
void make_room(some_nodes& c, std::size_t i) {
  c.host(i).disk().set_capacity(1ULL << 40);
}
void watch_disk(some_nodes& c, std::size_t i) {
  c[i].disk.add("/data/store");
  c[i].tasks.spawn(c[i].disk.run());
}

// Of old_lines() these, with text that does not compress.
test::plain_records incompressible_lines(some_nodes& c, std::uint64_t seq, std::size_t count) {
  auto records = old_lines(c, seq, count);
  for (auto& r : records) {
    prng random(r.id.lo);
    for (int i = 0; i < 10; ++i) r.text += std::to_string(random.next());
  }
  return records;
}

}  // namespace

TEST_CASE("K2: stores that each count another record twice do not pass for equal", "[node]") {
  some_nodes c({role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  for (const std::size_t i : {0U, 1U}) {
    c.put_into_store(i, old_lines(c, 1, 100));
    for (int twice = 0; twice < 2; ++twice) c.put_into_store(i, old_lines(c, 500 + i, 1));
  }
  // As many records each; under xor a pair would leave nothing of itself in the sum.
  const set_digest one = digests_of(c, 0).begin()->second;
  const set_digest other = digests_of(c, 1).begin()->second;
  REQUIRE(one.count == 102);
  REQUIRE(other.count == 102);
  CHECK(one.sum != other.sum);
  CHECK(c.same("count") == "102\n");
  start_upkeep(c);
  c.world.run_for(minutes(20));
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  CHECK(held_by(c, 0).size() == 102);
  CHECK(c.same("count") == "102\n");
}

TEST_CASE("K7: a full store that ranks first holds its partition up no longer than a refusal",
          "[node]") {
  some_nodes c({role::ingest, role::store, role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  const auto now = static_cast<std::uint64_t>(unix_ms(c.client.env().clock.now()));
  const partition where{now / window_ms, 0};
  const auto ranked = ranked_stores(c, where);
  const std::size_t full = ranked[0];
  sim::disk& its_disk = c.host(full).disk();
  its_disk.set_capacity(its_disk.used());
  c.consume_at(ranked[2]);
  c.send(0, numbered(0, 100));
  REQUIRE(c.consume_everything(minutes(1)));
  CHECK(holders_of(c, where) == std::vector<std::size_t>{ranked[1], ranked[2]});
  CHECK(c.logged(ranked[2], "a store did not take a piece"));
  CHECK(c.same("count") == "100\n");
  // With room again it takes what is its own, and the one that stood in for it lets go.
  its_disk.set_capacity(1ULL << 40);
  start_upkeep(c, ranked[2]);
  c.world.run_for(hours(2));
  CHECK(holders_of(c, where) == std::vector<std::size_t>{ranked[0], ranked[1]});
  CHECK(c.same("count") == "100\n");
}

TEST_CASE("K7: stores that see others' disks otherwise still name the same homes, and keep copies",
          "[node]") {
  some_nodes c(std::vector<role>(4, role::store));
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  for (std::size_t hour = 0; hour < 10; ++hour) {
    for (std::size_t i = 0; i < 4; ++i) {
      c.put_into_store(i, old_lines(c, 1 + hour * window_ms, 20));
    }
  }
  // To each, itself and the next have room, and the others have none.
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k < 4; ++k) {
      const bool room = k == i || k == (i + 1) % 4;
      c[k].member.data.free_sixteenths = room ? 15 : 0;
    }
    std::vector<cluster::member> seen(1, c[i].member);
    for (std::size_t k = 0; k < 4; ++k) {
      if (k != i) seen.push_back(c[k].member);
    }
    c[i].members.set(std::move(seen));
  }
  start_upkeep(c);
  const duration end = c.world.elapsed() + hours(1);
  const auto partitions = digests_of(c, 0);
  REQUIRE(partitions.size() == 10);
  while (c.world.elapsed() < end) {
    c.world.run_for(seconds(20));
    for (const auto& [where, digest] : partitions) REQUIRE(holders_of(c, where).size() >= 2);
  }
  for (const auto& [where, digest] : partitions) {
    const auto ranked = ranked_stores(c, where);
    CHECK(holders_of(c, where) == std::vector<std::size_t>{ranked[0], ranked[1]});
  }
  CHECK(c.same("count") == "200\n");
}

TEST_CASE("K7: what a full store lacks has its copy at the next in rank, until there is room",
          "[node]") {
  for (const std::size_t held_there : {0U, 40U}) {
    INFO(held_there << " of 100 lines lie on the full store");
    some_nodes c(std::vector<role>(3, role::store));
    want_copies(c, 2);
    c.world.run_for(minutes(1));
    const auto all = old_lines(c, 1, 100);
    const partition where{window_of(all.front().id), 0};
    const auto ranked = ranked_stores(c, where);
    const auto whole = [&](std::size_t place) {
      const auto held = digests_of(c, ranked[place]);
      return held.contains(where) && held.at(where).count == 100;
    };
    c.put_into_store(ranked[0], {all.begin(), all.begin() + static_cast<long>(held_there)});
    c.put_into_store(ranked[1], all);
    for (std::size_t i = 0; i < c.size(); ++i) watch_disk(c, i);
    fill_disk(c, ranked[0]);
    start_upkeep(c);
    c.world.run_for(minutes(9));
    CHECK_FALSE(digests_of(c, ranked[2]).contains(where));  // a short lack of room moves nothing
    c.world.run_for(minutes(5));
    CHECK_FALSE(whole(0));
    CHECK((whole(1) && whole(2)));
    CHECK(c.logged(ranked[0], "the disk stays full"));
    for (std::size_t i = 0; i < c.size(); ++i) CHECK(c.number(i, under_replicated) == 0);
    c.world.run_for(minutes(20));
    CHECK((whole(1) && whole(2)));
    CHECK(c.same("count") == "100\n");
    make_room(c, ranked[0]);
    c.world.run_for(minutes(30));
    CHECK(holders_of(c, where) == std::vector<std::size_t>{ranked[0], ranked[1]});
    CHECK((whole(0) && whole(1)));
    CHECK(c.same("count") == "100\n");
  }
}

TEST_CASE("K7: disks that fill and have room again, one after the other, never cost a copy",
          "[node]") {
  some_nodes c({role::ingest});
  c.st.repair_after = minutes(1);
  std::vector<std::size_t> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(c.join(role::store));
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  for (std::size_t hour = 0; hour < 10; ++hour) {
    const auto lines = old_lines(c, 1 + hour * window_ms, 20);
    c.put_into_store(stores[hour % 4], lines);
    c.put_into_store(stores[(hour + 1) % 4], lines);
  }
  for (const std::size_t i : stores) watch_disk(c, i);
  start_upkeep(c);
  std::set<partition> partitions;
  for (const std::size_t i : stores) {
    for (const auto& [where, digest] : digests_of(c, i)) partitions.insert(where);
  }
  REQUIRE(partitions.size() == 10);
  prng random(7);
  const duration end = c.world.elapsed() + hours(1);
  while (c.world.elapsed() < end) {
    const std::size_t i = stores[random.below(stores.size())];
    if (random.chance(1, 2)) {
      fill_disk(c, i);
    } else {
      make_room(c, i);
    }
    c.world.run_for(seconds(20 + random.below(200)));
    for (const partition& where : partitions) REQUIRE(holders_of(c, where).size() >= 2);
  }
  for (const std::size_t i : stores) make_room(c, i);
  c.world.run_for(minutes(40));
  for (const partition& where : partitions) {
    const auto ranked = ranked_stores(c, where);
    CHECK(holders_of(c, where) == std::vector<std::size_t>{ranked[0], ranked[1]});
  }
  CHECK(c.same("count") == "200\n");
}

TEST_CASE("K11: a record that two full segments hold is merged away, and stores end equal",
          "[node]") {
  some_nodes c({role::ingest});
  c.st.log.compact.target_bytes = 48 * 1024;
  const std::size_t twice = c.join(role::store);
  const std::size_t once = c.join(role::store);
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  c.put_into_store(twice, incompressible_lines(c, 1, 300));
  c.put_into_store(twice, incompressible_lines(c, 300, 300));
  c.put_into_store(once, incompressible_lines(c, 1, 599));
  const auto live = c[twice].storer->log().live();
  REQUIRE(live.size() == 2);
  for (const segment_ptr& s : live) REQUIRE(s->file_bytes >= c.st.log.compact.target_bytes / 2);
  REQUIRE(digests_of(c, twice) != digests_of(c, once));
  start_upkeep(c);
  c.world.run_for(minutes(20));
  CHECK(digests_of(c, twice) == digests_of(c, once));
  CHECK(digests_of(c, twice).begin()->second.count == 599);
  for (const std::size_t i : {twice, once}) {
    CHECK(c.number(i, "oklog_store_repaired_bytes_total") == 0);
  }
  CHECK(c.same("count") == "599\n");
}

}  // namespace oklog::node_test
