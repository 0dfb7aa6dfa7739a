// From ingester to store over HTTP: claims, leases, commits, and a store whose disk is sick.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;
using http::method;

const std::string wrong_hash = "hash=" + std::string(32, '0');
const std::string some_store = "&stores=01ARZ3NDEKTSV4RRFFQ69G5FAV";

// An ingester alone: the test is its consumer.
struct ingester_node : one_node {
  ingester_node() {
    config.store = false;
    config.in.flush_age = 1s;
    config.in.pending_timeout = 5s;
  }
  unsigned post(const std::string& target) { return ask(method::post, target).status; }
  std::string flushed_segment() {
    REQUIRE(send(fast(), "line\n"));
    const answer a = get("/ingest/next?wait=10s");
    REQUIRE(a.status == 200);
    return a.body;
  }
};

awaitable<void> ask_next(one_node& n, std::optional<answer>& out, duration& at) {
  http::client_request r;
  r.url = "/ingest/next?wait=10s";
  out = co_await n.asking(std::move(r));
  at = n.world.elapsed();
}

}  // namespace

TEST_CASE("consume: next is 404 while there is nothing, at once or after the wait", "[node]") {
  ingester_node n;
  REQUIRE(n.start());
  CHECK(n.get("/ingest/next").status == 404);
  const duration begun = n.world.elapsed();
  CHECK(n.get("/ingest/next?wait=2s").status == 404);
  CHECK(n.world.elapsed() - begun >= 2s);
  CHECK(n.world.elapsed() - begun < 3s);
  CHECK(n.get("/ingest/next?wait=x").status == 400);
  CHECK(n.get("/ingest/next?shard=-1").status == 400);
}

TEST_CASE("consume: next with wait returns as soon as a segment is flushed", "[node]") {
  ingester_node n;
  std::optional<answer> got;
  duration at{};
  REQUIRE(n.start());
  n.tasks.spawn(ask_next(n, got, at));
  n.world.run_for(500ms);
  REQUIRE(n.send(n.fast(), "line\n"));
  const duration sent = n.world.elapsed();
  REQUIRE(n.world.run_until([&] { return got.has_value(); }, 10s));
  CHECK(got->status == 200);
  CHECK(at - sent < 1200ms);  // the flush age is a second
  CHECK(at - sent > 900ms);
}

TEST_CASE("consume: read, commit and failed of what is not claimed are 404", "[node]") {
  ingester_node n;
  REQUIRE(n.start());
  const std::string known = n.flushed_segment();
  for (const std::string id : {"", "unknown", "..%2F..%2Fetc%2Fpasswd",
                               "01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00", "oklog.json"}) {
    INFO(id);
    CHECK(n.get("/ingest/read?id=" + id).status == 404);
    CHECK(n.post("/ingest/commit?" + wrong_hash + "&id=" + id) == 404);
    CHECK(n.post("/ingest/failed?id=" + id) == 404);
  }
  CHECK(n.post("/ingest/commit?id=" + known) == 400);
  CHECK(n.post("/ingest/commit?hash=xyz&id=" + known) == 400);
}

TEST_CASE("R6: a commit without a read is 428, of another hash 409, twice 404", "[node]") {
  ingester_node n;
  REQUIRE(n.start());
  const std::string id = n.flushed_segment();
  CHECK(n.post("/ingest/commit?" + wrong_hash + "&id=" + id) == 428);
  const answer read = n.get("/ingest/read?id=" + id);
  REQUIRE(read.status == 200);
  CHECK(read.body.size() > 50);
  CHECK(read.header("X-Oklog-Shard") == "0");
  CHECK(n.post("/ingest/commit?" + wrong_hash + "&id=" + id) == 409);
  const std::string right =
      "/ingest/commit?hash=" + read.header("X-Oklog-Hash") + some_store + "&id=" + id;
  const answer done = n.ask(method::post, right);
  CHECK(done.status == 200);
  CHECK(done.body == "Commit OK");
  CHECK(n.post(right) == 404);
  CHECK(n.get("/ingest/next").status == 404);
  CHECK(n.number("oklog_ingest_committed_segments_total") == 1);
  CHECK(n.number("oklog_ingest_committed_segments") == 1);
}

TEST_CASE("consume: a segment that failed, or whose lease ran out, is given out again", "[node]") {
  ingester_node n;
  REQUIRE(n.start());
  const std::string id = n.flushed_segment();
  CHECK(n.get("/ingest/_segmentstate").body.starts_with("1 pending\n " + id + ": reading=false"));
  const answer failed = n.ask(method::post, "/ingest/failed?id=" + id);
  CHECK(failed.body == "Failed OK");
  CHECK(n.get("/ingest/_segmentstate").body == "0 pending\n");
  CHECK(n.get("/ingest/next").body == id);

  const answer read = n.get("/ingest/read?id=" + id);
  n.world.run_for(4s);
  CHECK(n.get("/ingest/next").status == 404);
  n.world.run_for(3s);
  const std::string late =
      "/ingest/commit?hash=" + read.header("X-Oklog-Hash") + some_store + "&id=" + id;
  CHECK(n.post(late) == 409);
  CHECK(n.get("/ingest/next").body == id);
  CHECK(n.post(late) == 428);  // the second consumer has not read it
  CHECK(n.number("oklog_ingest_expired_segments_total") == 1);
}

TEST_CASE("consume: claims are given back to the queue by a restart", "[node]") {
  ingester_node n;
  n.config.drain_timeout = 1s;
  REQUIRE(n.start());
  const std::string id = n.flushed_segment();
  CHECK(n.stop() == 0);
  REQUIRE(n.start());
  CHECK(n.get("/ingest/next").body == id);
}

TEST_CASE("consume: a slow reader keeps its lease while bytes go out", "[node]") {
  ingester_node n;
  n.world.net().set_window(4096);
  n.world.net().set_latency(20ms, 20ms);
  REQUIRE(n.start());
  prng random(3);
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) bytes += std::to_string(random.next()) + "\n";
  REQUIRE(n.send(n.fast(), bytes));
  const std::string id = n.get("/ingest/next?wait=10s").body;
  const duration begun = n.world.elapsed();
  const answer read = n.get("/ingest/read?id=" + id);
  CHECK(read.complete);
  INFO("took " << std::chrono::duration<double>(n.world.elapsed() - begun).count());
  const std::string right =
      "/ingest/commit?hash=" + read.header("X-Oklog-Hash") + some_store + "&id=" + id;
  CHECK(n.post(right) == 200);
}

TEST_CASE(
    "consume: a store that fails at any disk operation tries again; nothing is lost or "
    "doubled",
    "[node]") {
  lines all;
  for (int i = 0; i < 300; ++i) all.push_back("line " + std::to_string(i));
  for (std::uint64_t k = 1; k <= 60; ++k) {
    INFO("operation " << k);
    one_node n(k);
    n.config.in.flush_age = 500ms;
    n.config.in.pending_timeout = 5s;
    n.config.st.target_age = 200ms;
    REQUIRE(n.start());
    REQUIRE(n.send(n.durable(), joined(all)));
    n.host.disk().fail_operation(n.host.disk().operations() + k,
                                 k % 3 == 0 ? errc::no_space : errc::io);
    for (int i = 0; i < 20; ++i) {
      const answer a = n.get(query_target(""));
      const auto found = lines_of(parse_records(a.body));
      if (a.trailer("X-Oklog-Coverage") == "full") REQUIRE((found == all));
      n.world.run_for(500ms);
    }
    n.consume_everything();
    CHECK((n.lines() == all));
    CHECK(n.stop() == 0);
    REQUIRE(n.start());
    CHECK((n.lines() == all));
  }
}

TEST_CASE("consume: a store whose disk cannot be written fails back, and goes on when it can",
          "[node]") {
  one_node n;
  n.config.in.flush_age = 500ms;
  n.config.in.pending_timeout = 5s;
  n.config.st.target_age = 200ms;
  REQUIRE(n.start());
  REQUIRE(n.send(n.durable(), "one\ntwo\n"));
  n.host.disk().set_read_only(true);
  n.world.run_for(1min);
  CHECK(n.lines() == lines{"one", "two"});
  n.host.disk().set_read_only(false);
  n.consume_everything();
  CHECK(n.lines() == lines{"one", "two"});
}

TEST_CASE("K10: a segment with a damaged block is consumed without it and quarantined", "[node]") {
  one_node n;
  n.config.in.flush_age = 1h;
  n.config.st.target_age = 1h;
  n.config.store = false;
  REQUIRE(n.start());
  REQUIRE(n.send(n.durable(), "first block " + std::string(1000, 'a') + "\n"));
  REQUIRE(n.send(n.durable(), "second block " + std::string(1000, 'b') + "\n"));
  REQUIRE(n.send(n.durable(), "third block " + std::string(1000, 'c') + "\n"));
  CHECK(n.stop() == 0);
  std::string damaged;
  for (const std::string& f : n.host.disk().files()) {
    if (f.starts_with("/data/ingest/") && f.ends_with(".flushed")) damaged = f;
  }
  REQUIRE(!damaged.empty());
  const auto at = n.host.disk().contents(damaged)->find("second");
  REQUIRE(at != std::string::npos);
  n.host.disk().bit_flip(damaged, at + 2);
  n.config.store = true;
  n.config.in.flush_age = 1s;
  n.config.st.target_age = 1s;
  REQUIRE(n.start());
  n.consume_everything();
  const answer a = n.get(query_target("q=block"));
  const auto found = lines_of(parse_records(a.body));
  REQUIRE(found.size() == 2);
  CHECK(found[0].starts_with("first"));
  CHECK(found[1].starts_with("third"));
  CHECK(n.number("oklog_ingest_quarantined_files_total") == 1);
  const auto files = n.host.disk().files();
  CHECK(std::any_of(files.begin(), files.end(), [](const std::string& f) {
    return f.starts_with("/data/ingest/quarantine/");
  }));
}
