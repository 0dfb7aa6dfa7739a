// Histories of what an ingester takes in, and of what becomes of it where disks rot and lose
// their power, which would wedge or lie, if it were not for the rule that each names.
#include <algorithm>

#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

using cluster::role;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Its flushed segment in which that text stands; the text's place.
std::pair<std::string, std::size_t> segment_with(sim::disk& disk, const std::string& text) {
  for (const std::string& file : disk.files()) {
    const bool segment = file.starts_with("/data/ingest/") && file.ends_with(".flushed");
    const std::size_t at = segment ? disk.contents(file)->find(text) : std::string::npos;
    if (at != std::string::npos) return {file, at};
  }
  FAIL("no segment with " << text);
  return {};
}

// On the fast port; whether the node has closed in order.
awaitable<void> send_all(env::environment from, env::endpoint to, std::string bytes, bool& kept) {
  auto s = co_await from.net.connect(to);
  REQUIRE(s);
  const auto written = co_await (*s)->write(bytes);
  REQUIRE(written);
  REQUIRE((*s)->shutdown_send());
  char said[64];
  const auto end = co_await (*s)->read_some(said, sizeof said);
  kept = end && *end == 0;
}

}  // namespace

TEST_CASE("K26: while a write stalls lines are sealed in time, and 16 MiB are received, no more",
          "[node]") {
  constexpr int lines = 20'000;
  some_nodes c(1);
  c.world.net().set_window(64 * 1024);
  const env::endpoint fast{c.host(0).ip(), 7651};
  ingest::receiver& inbox = c[0].ingester->log().inbox();
  bool first = false;
  bool second = false;
  bool rest = false;
  c.host(0).set_pool_delay(seconds(30), seconds(30));
  c.tasks.spawn(send_all(c.client.env(), fast, "a small one\n", first));
  c.world.run_for(milliseconds(100));
  // Behind the write that stalls.
  for (int i = 0; i < 3; ++i) {
    c.tasks.spawn(send_all(c.client.env(), fast, "a small one more\n", second));
    c.world.run_for(milliseconds(60));
    CHECK(inbox.sealed().size() == 2U + static_cast<std::size_t>(i));  // with the first
    CHECK(inbox.open_empty());
  }
  // What is older than 50 ms may be lost then, and no more than this: nobody is told that it is
  // kept, and who sends is held back.
  std::string bytes;
  for (int i = 0; i < lines; ++i) bytes += std::to_string(i) + std::string(1000, 'x') + "\n";
  c.tasks.spawn(send_all(c.client.env(), fast, bytes, rest));
  c.world.run_for(seconds(20));
  CHECK(inbox.unwritten_bytes() >= ingest::unwritten_bytes_max);
  CHECK(inbox.unwritten_bytes() < ingest::unwritten_bytes_max + 512 * 1024);
  CHECK_FALSE((first || second || rest));
  c.host(0).set_pool_delay(duration::zero(), duration::zero());
  REQUIRE(c.world.run_until([&] { return rest; }, minutes(2)));
  CHECK((first && second));
  CHECK(inbox.unwritten_bytes() == 0);
  CHECK(c.same("count") == std::to_string(lines + 4) + "\n");
}

TEST_CASE("K10: a rotten block holds up neither its segment nor those behind it, on any store",
          "[node]") {
  some_nodes c({role::ingest, role::store, role::store, role::store});
  want_copies(c, 2);
  c.world.run_for(minutes(1));
  for (const char* part : {"first", "rotten", "third"}) {
    c.send(0, std::string(part) + " " + std::string(900, part[0]) + "\n");
    c.world.run_for(milliseconds(200));  // a block of its own
  }
  c.world.run_for(seconds(5));
  const auto [file, at] = segment_with(c.host(0).disk(), "rotten");
  c.host(0).disk().bit_flip(file, at + 2);
  c.consume();
  c.send(0, "later " + std::string(900, 'z') + "\n");
  REQUIRE(c.consume_everything(minutes(1)));
  const std::string lines = c.same("format=raw");
  CHECK(lines_in(lines) == 3);
  for (const char* part : {"first", "third", "later"}) CHECK(has(lines, part));
  std::size_t copies = 0;
  for (std::size_t i = 1; i < 4; ++i) copies += held_by(c, i).size();
  CHECK(copies == 6);
  CHECK(c.number(0, "oklog_ingest_quarantined_files_total") == 1);
}

TEST_CASE("K25: blocks that a power failure kept, without one before them, are a torn tail",
          "[node]") {
  std::size_t holes = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    one_node n(seed);
    n.config.in.flush_age = minutes(10);
    REQUIRE(n.start());
    // Synced; then what the disk may keep or lose in any order.
    REQUIRE(n.send(n.durable(), "synced\n"));
    for (int i = 0; i < 6; ++i) {
      REQUIRE(n.send(n.fast(), "line " + std::to_string(i) + " " + std::to_string(seed) +
                                   std::string(300, 'x') + "\n"));
      n.world.run_for(milliseconds(80));
    }
    n.crash();
    REQUIRE(n.start());
    const auto found = n.lines();
    REQUIRE(!found.empty());
    CHECK(found[0] == "synced");
    for (std::size_t i = 1; i < found.size(); ++i) {
      CHECK(found[i].starts_with("line " + std::to_string(i - 1) + " "));
    }
    holes += n.number("oklog_ingest_recovered_tail_bytes_total") > 0 ? 1 : 0;
    CHECK(n.number("oklog_ingest_damaged_blocks_total") == 0);
    CHECK(n.number("oklog_ingest_quarantined_files_total") == 0);
  }
  CHECK(holes > 5);
}

}  // namespace oklog::node_test
