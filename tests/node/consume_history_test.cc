// Histories of consuming that would lose, double or wedge records, if it were not for the rule that
// each names.
#include "node/some_nodes.h"
#include "oklog/api/ingest_client.h"
#include "oklog/api/replica_api.h"
#include "oklog/cluster/roster.h"

namespace oklog::node_test {
namespace {

using cluster::role;
using std::chrono::minutes;
using std::chrono::seconds;

void block_both(some_nodes& c, const std::string& a, const std::string& b, bool on = true) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    if (on) {
      c.world.net().block(from, to);
    } else {
      c.world.net().unblock(from, to);
    }
  }
}

std::uint64_t records_at(some_nodes& c, std::size_t i) {
  std::uint64_t n = 0;
  for (const auto& [where, digest] : digests_of(c, i)) n += digest.count;
  return n;
}

// Text that does not compress.
std::string noise_lines(std::size_t bytes) {
  prng random(1);
  std::string lines;
  while (lines.size() < bytes) lines += std::to_string(random.next()) + "\n";
  return lines;
}

// Each store's copy of each partition.
std::vector<std::pair<partition, set_digest>> all_copies(some_nodes& c) {
  std::vector<std::pair<partition, set_digest>> held;
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (!c[i].storer) continue;
    for (const auto& copy : digests_of(c, i)) held.emplace_back(copy);
  }
  return held;
}

void mark(store_log& log, const partition& where, bool on) {
  auto job = log.begin_mark(where, on);
  REQUIRE(job);
  job->run();
  REQUIRE(log.end_mark(std::move(*job)));
}

api::piece_offer only_piece_of(const store_log& log) {
  const segment_ptr piece = log.live().front();
  return {piece->name, piece->footer.partition, piece->footer.file_hash, log.store_id(), {}};
}

// As a release does.
void throw_away(store_log& log, const partition& where) {
  mark(log, where, true);
  auto job = log.begin_release({log.live().front()->name});
  REQUIRE(job);
  job->run();
  REQUIRE(log.end_release(std::move(*job)));
  mark(log, where, false);
}

}  // namespace

TEST_CASE("K1: of a cloned stream each store holds one text; repair gives both to both", "[node]") {
  some_nodes c({role::store, role::store});
  want_copies(c, 2);
  auto one = old_lines(c, 1, 50);
  auto other = one;
  for (auto& r : other) r.text = "the clone's " + r.text;
  c.put_into_store(0, one);
  c.put_into_store(1, other);
  for (std::size_t i = 0; i < 2; ++i) {
    c.consume_at(i);
    c.repair_at(i);
  }
  c.world.run_for(minutes(20));
  for (std::size_t i = 0; i < 2; ++i) CHECK(records_at(c, i) == 100);
  CHECK(digests_of(c, 0) == digests_of(c, 1));
  // Ordered by text under one id.
  const std::string lines = c.same("format=raw");
  CHECK(lines_in(lines) == 100);
  CHECK(lines.starts_with("line 1\nthe clone's line 1\nline 2\n"));
}

TEST_CASE("K6: what two consumers took of one segment is one partition, and merges away",
          "[node]") {
  some_nodes c({role::ingest, role::store, role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  c.send(0, numbered(0, 100));
  c.world.run_for(seconds(5));
  // The first consumer has its pieces on the stores, and dies before it has committed.
  c.consume_at(1);
  const auto pieces = [&] {
    std::size_t n = 0;
    for (std::size_t i = 1; i < 4; ++i) n += c[i].storer->log().segments() > 0 ? 1 : 0;
    return n == 2;
  };
  REQUIRE(c.world.run_until(pieces, minutes(1)));
  block_both(c, "node0", "node1");
  REQUIRE(c[0].ingester->log().queue().segments == 1);
  // The next one takes it together with what has come since, so that its pieces are others.
  c.send(0, numbered(100, 200));
  c.world.run_for(minutes(2));
  c.consume_at(2);
  REQUIRE(c.consume_everything());
  REQUIRE(c.number(2, "oklog_store_consumed_segments_total") == 2);
  c.consume_at(3);  // merges
  block_both(c, "node0", "node1", false);
  for (const std::size_t i : {1U, 2U, 3U}) c.repair_at(i);
  const auto merged = [&] {
    const auto held = all_copies(c);
    return held.size() == 2 && held[0] == held[1] && held[0].second.count == 200;
  };
  for (int minute = 0; minute < 90 && !merged(); ++minute) c.world.run_for(minutes(1));
  CHECK(merged());
  CHECK(c.same("count") == "200\n");
  CHECK(has(c.get(1, "/store/histogram" + always + "&buckets=3").body, "\"total\":200"));
}

TEST_CASE("K8: a claim over a window's end is not committed while one of its pieces lacks a copy",
          "[node]") {
  some_nodes c({role::ingest, role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  const auto ms = static_cast<std::uint64_t>(unix_ms(c[0].env.clock.now()));
  c.world.run_for(std::chrono::milliseconds(window_ms - ms % window_ms) - seconds(1));
  c.send(0, numbered(0, 50));
  c.world.run_for(std::chrono::milliseconds(1500));
  c.send(0, numbered(50, 100) + noise_lines(400'000));
  c.world.run_for(seconds(5));
  REQUIRE(c[0].ingester->log().queue().segments == 1);
  // The other store is cut off as soon as it has the smaller piece.
  c.world.net().set_window(2 * 1024);
  c.world.net().set_latency("node1", "node2", seconds(0), std::chrono::milliseconds(20));
  c.consume_at(1);
  const auto first_there = [&] { return c[2].storer->log().segments() == 1; };
  REQUIRE(c.world.run_until(first_there, minutes(1)));
  block_both(c, "node1", "node2");
  c.world.run_for(seconds(50));
  REQUIRE(c[2].storer->log().segments() == 1);
  REQUIRE(c[1].storer->log().segments() == 2);
  CHECK(c[0].ingester->log().queue().segments == 1);
  CHECK(c.number(0, "oklog_ingest_committed_segments_total") == 0);
  block_both(c, "node1", "node2", false);
  REQUIRE(c.consume_everything(minutes(5)));
  for (const std::size_t i : {1U, 2U}) {
    CHECK(digests_of(c, i).size() == 2);
    for (const auto& [where, digest] : digests_of(c, i)) CHECK(digest.count >= 50);
  }
  CHECK(lines_in(c.same("q=line")) == 100);
}

TEST_CASE("K8: a store that is set to one copy makes as many as the one that wants the most",
          "[node]") {
  some_nodes c({role::ingest, role::store, role::store});
  c[1].member.data.replication_factor = 1;
  c[2].member.data.replication_factor = 2;
  c.tell();
  c.world.run_for(minutes(1));
  CHECK(c[1].storer->stores().factor() == 2);
  c.consume_at(1);
  c.send(0, numbered(0, 60));
  REQUIRE(c.consume_everything());
  CHECK(records_at(c, 1) == 60);
  CHECK(records_at(c, 2) == 60);
  CHECK(c.number(1, "oklog_store_replication_factor") == 2);
}

TEST_CASE("K8: an ingester refuses a commit that names one store twice, where two are wanted",
          "[node]") {
  some_nodes c({role::ingest, role::store, role::store});
  want_copies(c, 2);
  c.send(0, numbered(0, 60));
  c.world.run_for(seconds(5));
  const std::string at = c.host(0).ip() + ":7650";
  api::ingest_client asker(c.client.env());
  const auto id = c.world.run(asker.next(at, duration::zero()));
  REQUIRE(id);
  const auto segment = c.world.run(asker.read(at, *id));
  REQUIRE(segment);
  const ulid one = c[1].member.id;
  const ulid two = c[2].member.id;
  const auto commit = [&](std::vector<ulid> stores) {
    return c.world.run(asker.commit(at, *id, segment->hash, std::move(stores), false));
  };
  const auto twice = commit({one, one});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == errc::conflict);
  CHECK(c[0].ingester->log().queue().segments == 1);
  CHECK(commit({one, two}));
  CHECK(c[0].ingester->log().queue().segments == 0);
}

TEST_CASE("K9: a piece that has gone since it was taken is taken again when it is offered again",
          "[node]") {
  some_nodes c({role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  c.put_into_store(0, old_lines(c, 1, 100));
  api::piece_offer offer = only_piece_of(c[0].storer->log());
  offer.holders = {c[0].member.id, c[1].member.id};
  api::replica_client asker(c.client.env());
  const std::string at = c.host(1).ip() + ":7650";
  const auto give = [&] {
    return c.world.run(asker.offer(at, c[1].storer->log().store_id(), offer));
  };
  REQUIRE(give());
  REQUIRE(records_at(c, 1) == 100);
  // It is thrown away there before its claim was committed, and the consumer tries again.
  throw_away(c[1].storer->log(), offer.partition);
  REQUIRE(records_at(c, 1) == 0);
  REQUIRE(give());
  CHECK(records_at(c, 1) == 100);
  REQUIRE(give());
  CHECK(c[1].storer->log().segments() == 1);
}

TEST_CASE("K15: a store takes no piece one of whose holders it holds for gone, or does not know",
          "[node]") {
  some_nodes c({role::store, role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  c.put_into_store(0, old_lines(c, 1, 100));
  api::piece_offer offer = only_piece_of(c[0].storer->log());
  api::replica_client asker(c.client.env());
  const auto give = [&](ulid other) {
    offer.holders = {c[1].member.id, other};
    return c.world.run(asker.offer(c.host(1).ip() + ":7650", c[1].storer->log().store_id(), offer));
  };
  const auto unknown = give(ulid{77, 77});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::conflict);
  c.kill(2);
  c[2].member.state = cluster::state::dead;
  c[2].member.since = c.client.env().clock.boot();
  c.tell();
  c.world.run_for(c.st.repair_after + minutes(2));
  const auto gone = give(c[2].member.id);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == errc::conflict);
  CHECK(c[1].storer->log().segments() == 0);
  CHECK(give(c[0].member.id));
}

}  // namespace oklog::node_test
