// One replica of each partition is read, and another one where it fails: the user does not notice
// (rules K17, K18, K20, R10).
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "node/some_nodes.h"
#include "oklog/api/pin_api.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;
using cluster::role;

namespace {

std::vector<role> store_roles(std::size_t n) {
  return std::vector<role>(n, role::store);
}

// Of `hours` hours each `a_window` records.
test::plain_records hours_of(std::size_t hours, std::size_t a_window) {
  test::plain_records all;
  for (std::uint64_t h = 0; h < hours; ++h) {
    const auto some = test::lines(test::first_ms + h * window_ms, h * a_window + 1, a_window);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::map<std::uint64_t, test::plain_records> by_window(const test::plain_records& records) {
  std::map<std::uint64_t, test::plain_records> windows;
  for (const auto& r : records) windows[window_of(r.id)].push_back(r);
  return windows;
}

// Each hour goes to `copies` of the stores, in turns.
void put_copies(some_nodes& c, const test::plain_records& records, std::size_t copies) {
  for (const auto& [window, some] : by_window(records)) {
    for (std::size_t k = 0; k < copies; ++k) c.put_into_store((window + k) % c.size(), some);
  }
}

// And stores have found that there are so many.
void put_proved_copies(some_nodes& c, const test::plain_records& records, std::size_t copies) {
  put_copies(c, records, copies);
  for (std::size_t i = 0; i < c.size(); ++i) c.repair_at(i);
  c.world.run_for(2min);
  REQUIRE(c.number(0, "oklog_store_proved_copies") == static_cast<double>(copies));
}

// How a store fails.
enum class failing { killed, silent };

void fail_store(some_nodes& c, std::size_t i, failing how) {
  if (how == failing::killed) {
    c.kill(i);
    return;
  }
  for (std::size_t k = 0; k < c.size(); ++k) {
    const std::string other = "node" + std::to_string(k);
    if (k != i) c.world.net().block("node" + std::to_string(i), other);
  }
}

// A network on which an answer takes its time.
void slow_down(some_nodes& c) {
  c.world.net().set_window(2 * 1024);
  c.world.net().set_latency(10ms, 10ms);
}

struct timed {
  answer got;
  duration took;
};

timed ask(some_nodes& c, std::size_t from, const std::string& target) {
  timed t;
  std::optional<answer> got;
  const duration begun = c.world.elapsed();
  c.ask_later(from, target, got);
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 5min));
  t.got = *got;
  t.took = c.world.elapsed() - begun;
  return t;
}

timed ask_and_fail(some_nodes& c, const std::string& target, duration after, std::size_t who,
                   failing how) {
  timed t;
  std::optional<answer> got;
  const duration begun = c.world.elapsed();
  c.ask_later(0, target, got);
  c.world.run_for(after);
  fail_store(c, who, how);
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 5min));
  t.got = *got;
  t.took = c.world.elapsed() - begun;
  return t;
}

// Whether each line is one of `whole`, in its order, and none comes twice.
bool some_lines_of(std::string_view body, std::string_view whole) {
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n') + 1);
    while (!whole.empty() && !whole.starts_with(line)) whole.remove_prefix(whole.find('\n') + 1);
    if (whole.empty() || line.empty()) return false;
    body.remove_prefix(line.size());
    whole.remove_prefix(line.size());
  }
  return true;
}

std::uint64_t blocks_bytes(const answer& a) {
  return nlohmann::json::parse(a.trailer("X-Oklog-Summary"))["bytes"]["blocks_read"]
      .get<std::uint64_t>();
}

void flip_bits(some_nodes& c, std::size_t i, const partition& where, std::size_t block) {
  for (const segment_ptr& s : c[i].storer->log().live()) {
    if (s->footer.partition != where) continue;
    const block_ref at = s->block(block);
    c.host(i).disk().bit_flip("/data/store/" + s->name, at.offset + at.header_frame_bytes + 20);
  }
}

}  // namespace

TEST_CASE("K18: with two copies of everything the data are read once", "[node][cluster]") {
  const auto records = hours_of(20, 300);
  some_nodes c(store_roles(5));
  some_nodes one(store_roles(1));
  put_copies(c, records, 2);
  one.put_into_store(0, records);
  const std::uint64_t once = blocks_bytes(one.query(0, ""));
  REQUIRE(once > 0);
  for (std::size_t i = 0; i < c.size(); ++i) {
    const answer a = c.query(i, "");
    CHECK(a.trailer("X-Oklog-Coverage") == "full");
    CHECK(lines_in(a.body) == records.size());
    CHECK(blocks_bytes(a) == once);
    CHECK(a.header("X-Oklog-Nodes-Queried") == "5");
  }
}

TEST_CASE("K18: old data on two stores are read, though two others agree on a late piece",
          "[node][cluster]") {
  some_nodes c(store_roles(4));
  const auto old = test::lines(test::first_ms, 1, 200);
  const auto late = test::lines(test::first_ms + 50, 1000, 20, "default", 9);
  c.put_into_store(0, old);
  c.put_into_store(1, old);
  c.put_into_store(2, late);
  c.put_into_store(3, late);
  CHECK(lines_in(c.same("")) == 220);
  CHECK(c.same("count") == "220\n");
}

TEST_CASE("K18: a digest is of the whole partition, also where the query wants a part of it",
          "[node][cluster]") {
  some_nodes c(store_roles(2));
  auto records = test::lines(test::first_ms, 1, 100);
  c.put_into_store(0, records);
  records.push_back({ulid::make(test::first_ms + 500'000, 3, 1), "default", "later"});
  c.put_into_store(1, records);
  const std::string span = "from=" + format(ulid::lowest(test::first_ms)) +
                           "&to=" + format(ulid::highest(test::first_ms + 99));
  for (std::size_t i = 0; i < 2; ++i) {
    const answer a = c.get(i, "/store/query?" + span);
    CHECK(lines_in(a.body) == 100);
    CHECK(a.trailer("X-Oklog-Coverage") == "full");
    // Both copies are in question, since they are not the same.
    CHECK(blocks_bytes(a) > 0);
  }
}

TEST_CASE("R10: a store that dies or falls silent in the middle is replaced, and nobody notices",
          "[node][cluster]") {
  const auto records = hours_of(12, 400);
  const std::string questions[] = {"", "order=desc", "q=7&order=desc&limit=900", "format=json&q=3",
                                   "count"};
  for (const std::string& question : questions) {
    const std::string target = query_target(question);
    some_nodes calm(store_roles(3));
    slow_down(calm);
    put_copies(calm, records, 2);
    const timed undisturbed = ask(calm, 0, target);
    REQUIRE(undisturbed.got.complete);
    REQUIRE(undisturbed.got.trailer("X-Oklog-Coverage") == "full");
    for (const failing how : {failing::killed, failing::silent}) {
      for (int point = 0; point < 7; ++point) {
        some_nodes c(store_roles(3));
        slow_down(c);
        put_copies(c, records, 2);
        const duration after = undisturbed.took * (2 * point + 1) / 15;
        const timed t = ask_and_fail(c, target, after, 1, how);
        INFO(question << " after " << after.count() / 1'000'000 << " ms, "
                      << (how == failing::killed ? "killed" : "silent") << " "
                      << t.got.trailer("X-Oklog-Summary"));
        CHECK(t.got.complete);
        CHECK(t.got.body == undisturbed.got.body);
        // Before it has pinned nobody can know what it holds: it is waited for.
        const bool pinned = !has(t.got.trailer("X-Oklog-Summary"), "no answer within");
        CHECK(t.took <= undisturbed.took + (pinned ? 1s : 7s));
      }
    }
  }
}

TEST_CASE("R10: a histogram is the same when a store dies in the middle", "[node][cluster]") {
  const auto records = hours_of(12, 400);
  const std::string target = "/store/histogram" + always + "&buckets=50&q=1";
  some_nodes calm(store_roles(3));
  slow_down(calm);
  put_copies(calm, records, 2);
  const timed undisturbed = ask(calm, 0, target);
  for (const failing how : {failing::killed, failing::silent}) {
    for (int point = 0; point < 5; ++point) {
      some_nodes c(store_roles(3));
      slow_down(c);
      put_copies(c, records, 2);
      const duration after = undisturbed.took * (2 * point + 1) / 12;
      const timed t = ask_and_fail(c, target, after, 1, how);
      CHECK(counts_of(t.got) == counts_of(undisturbed.got));
      const bool pinned = !has(t.got.body, "no answer within");
      CHECK(t.took <= undisturbed.took + (pinned ? 1s : 7s));
    }
  }
}

TEST_CASE("R10: of three copies two stores may die one after the other", "[node][cluster]") {
  const auto records = hours_of(12, 400);
  some_nodes calm(store_roles(4));
  slow_down(calm);
  put_copies(calm, records, 3);
  const timed undisturbed = ask(calm, 0, query_target(""));
  for (int point = 0; point < 6; ++point) {
    some_nodes c(store_roles(4));
    slow_down(c);
    put_copies(c, records, 3);
    std::optional<answer> got;
    c.ask_later(0, query_target(""), got);
    c.world.run_for(undisturbed.took * (point + 1) / 10);
    fail_store(c, 1, failing::silent);
    c.world.run_for(undisturbed.took / 10);
    fail_store(c, 2, failing::killed);
    REQUIRE(c.world.run_until([&] { return got.has_value(); }, 5min));
    CHECK(got->complete);
    CHECK(got->body == undisturbed.got.body);
  }
}

TEST_CASE("R10: random lagging copies and deaths never make a complete answer of less",
          "[node][cluster]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    some_nodes c(store_roles(3), seed);
    slow_down(c);
    prng& random = c.world.random();
    const auto records = hours_of(6, 300);
    std::vector<test::plain_records> parts(3);
    for (const auto& [window, some] : by_window(records)) {
      const bool lags = random.chance(1, 2);
      for (const auto& r : some) {
        const std::size_t first = window % 3;
        parts[first].push_back(r);
        parts[lags && random.chance(1, 4) ? (first + 2) % 3 : (first + 1) % 3].push_back(r);
      }
    }
    for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, test::sorted(parts[i]));
    some_nodes one(store_roles(1), seed);
    one.put_into_store(0, records);
    const std::string target = query_target(random.chance(1, 2) ? "" : "order=desc");
    const std::string whole = one.get(0, target).body;
    const timed t =
        ask_and_fail(c, target, std::chrono::milliseconds(random.below(1500)), 1 + random.below(2),
                     random.chance(1, 2) ? failing::killed : failing::silent);
    INFO("seed " << seed << " " << t.got.trailer("X-Oklog-Summary"));
    REQUIRE(t.got.complete);
    if (t.got.trailer("X-Oklog-Coverage") != "partial") CHECK(t.got.body == whole);
    CHECK(some_lines_of(t.got.body, whole));
  }
}

TEST_CASE(
    "R10: a store that is silent before it has pinned is not waited for, its copies are proved",
    "[node][cluster]") {
  some_nodes c(store_roles(3));
  want_copies(c, 2);
  const auto records = hours_of(12, 50);
  put_proved_copies(c, records, 2);
  fail_store(c, 2, failing::silent);
  const timed t = ask(c, 0, "/store/query?from=" + format(ulid_min) + "&to=" + format(ulid_max));
  CHECK(t.took < 1s);
  CHECK(lines_in(t.got.body) == records.size());
  CHECK(t.got.trailer("X-Oklog-Coverage") == "degraded");
  CHECK(has(t.got.trailer("X-Oklog-Summary"), "silent for half a second"));
}

TEST_CASE("R10: context comes from an ingester whose node's store was silent", "[node][cluster]") {
  some_nodes c(3);
  want_copies(c, 2);
  const auto records = hours_of(2, 10);
  put_proved_copies(c, records, 2);
  c.send(1, numbered(0, 10, "fresh"));
  c.world.net().set_latency("node1", "node0", 600ms, 600ms);
  const timed t = ask(c, 0, query_target("q=fresh+5&before=1&after=1&format=raw"));
  INFO(t.got.trailer("X-Oklog-Summary"));
  REQUIRE(has(t.got.trailer("X-Oklog-Summary"), "silent for half a second"));
  CHECK(t.got.trailer("X-Oklog-Coverage") == "degraded");
  CHECK(t.got.body == "fresh 4\nfresh 5\nfresh 6\n");
}

TEST_CASE("K19: a silent store is waited for where others may not hold all that it holds",
          "[node][cluster]") {
  some_nodes c(store_roles(3));
  want_copies(c, 2);
  put_copies(c, hours_of(12, 50), 2);
  c.world.run_for(1min);
  REQUIRE(c.number(0, "oklog_store_proved_copies") == 1);
  std::optional<answer> got;
  fail_store(c, 2, failing::silent);
  c.ask_later(0, "/store/query?from=" + format(ulid_min) + "&to=" + format(ulid_max), got);
  c.world.run_for(1500ms);
  CHECK(!got);
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 1min));
  CHECK(got->trailer("X-Oklog-Coverage") == "partial");
}

TEST_CASE("R10: the last store that has it is waited for, since slow is not dead",
          "[node][cluster]") {
  some_nodes c(store_roles(2));
  slow_down(c);
  c.put_into_store(1, hours_of(3, 8000));
  const timed calm = ask(c, 0, query_target(""));
  std::optional<answer> got;
  c.ask_later(0, query_target(""), got);
  c.world.run_for(200ms);
  REQUIRE(!got);
  c.world.net().block("node1", "node0");
  c.world.run_for(10s);
  CHECK(!got);
  c.world.net().unblock("node1", "node0");
  REQUIRE(c.world.run_until([&] { return got.has_value(); }, 1min));
  CHECK(got->body == calm.got.body);
  CHECK(got->trailer("X-Oklog-Coverage") == "full");
}

TEST_CASE("K20: a block that cannot be read fails its partition there, and is read elsewhere",
          "[node][cluster]") {
  const auto records = hours_of(5, 3000);
  for (const char* question : {"", "order=desc", "count", "q=7&limit=2000"}) {
    some_nodes one(store_roles(1));
    one.put_into_store(0, records);
    some_nodes c(store_roles(2));
    put_copies(c, records, 2);
    for (std::uint64_t h = 0; h < 5; ++h) {
      // The other half of the blocks is damaged on the other store.
      flip_bits(c, h % 2, {window_of(records.front().id) + h, 0}, 0);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      INFO(question << " from " << i);
      const answer a = c.query(i, question);
      CHECK(a.body == one.query(0, question).body);
    }
  }
}

TEST_CASE("K20: a block that no store can read is skipped, and said so", "[node][cluster]") {
  const auto records = hours_of(2, 3000);
  some_nodes c(store_roles(2));
  put_copies(c, records, 2);
  const partition where{window_of(records.front().id), 0};
  for (std::size_t i = 0; i < 2; ++i) flip_bits(c, i, where, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    const answer a = c.query(i, "");
    CHECK(a.trailer("X-Oklog-Coverage") == "partial");
    CHECK(has(a.trailer("X-Oklog-Summary"), "block at "));
    CHECK(lines_in(a.body) < records.size());
    CHECK(lines_in(a.body) >= 3000);
  }
}

TEST_CASE("K21: no line of context is missing because one of two copies' stores dies",
          "[node][cluster]") {
  const auto records = hours_of(6, 300);
  const std::string target = query_target("q=5&before=3&after=2");
  some_nodes calm(store_roles(3));
  slow_down(calm);
  put_copies(calm, records, 2);
  const timed undisturbed = ask(calm, 0, target);
  REQUIRE(undisturbed.got.trailer("X-Oklog-Coverage") == "full");
  some_nodes one(store_roles(1));
  one.put_into_store(0, records);
  REQUIRE(one.get(0, target).body == undisturbed.got.body);
  for (const failing how : {failing::killed, failing::silent}) {
    for (int point = 0; point < 6; ++point) {
      some_nodes c(store_roles(3));
      slow_down(c);
      put_copies(c, records, 2);
      const timed t = ask_and_fail(c, target, undisturbed.took * (2 * point + 1) / 12, 1, how);
      INFO(point << " " << t.got.trailer("X-Oklog-Summary"));
      CHECK(t.got.complete);
      CHECK(t.got.body == undisturbed.got.body);
    }
  }
}

TEST_CASE("K17: a read that names an unknown pin fails, and is no empty answer",
          "[node][cluster]") {
  some_nodes c(store_roles(2));
  c.put_into_store(0, hours_of(1, 10));
  http::client asker(c.client.env());
  const auto status = [&](const std::string& path, const std::string& body) {
    const auto got = c.world.run(asker.post(c.url(0) + path, body));
    REQUIRE(got);
    return got->status();
  };
  const std::string span = "from=" + format(ulid_min) + "&to=" + format(ulid_max);
  CHECK(status("/store/_query", span + "&pin=00112233445566778899aabbccddeeff") == 410);
  CHECK(status("/store/_query", span) == 410);
  CHECK(status("/store/_context", span + "&near=,," + format(ulid_min) + ",1,1") == 410);
  CHECK(status("/store/_query", span + "&pin=x&partitions=1-1") == 400);
}

TEST_CASE("K17: a pin is dropped with its query, with its asker, and when nobody uses it",
          "[node][cluster]") {
  some_nodes c(store_roles(2));
  c.put_into_store(1, hours_of(2, 1000));
  const auto pinned = [&] { return c.number(1, "oklog_store_pins"); };
  const auto none = [&] { return pinned() == 0; };
  c.query(0, "");
  REQUIRE(c.world.run_until(none, 1s));
  const std::string store = format(c[1].member.id);
  std::uint64_t heard = 0;
  {
    auto pin = c.world.run(
        api::ask_pin(c.client.env(), c.host(1).ip() + ":7650", store, ulid_min, ulid_max, heard));
    REQUIRE(pin);
    CHECK((*pin)->held.partitions.size() == 2);
    c.world.run_for(4min);
    CHECK(pinned() == 1);
  }
  REQUIRE(c.world.run_until(none, 10s));
  const auto idle = c.world.run(
      api::ask_pin(c.client.env(), c.host(1).ip() + ":7650", store, ulid_min, ulid_max, heard));
  REQUIRE(idle);
  CHECK(pinned() == 1);
  c.world.run_for(6min);
  CHECK(none());
}

TEST_CASE("K17: a store that cannot pin any more is missing, and is named", "[node][cluster]") {
  some_nodes c(store_roles(2));
  c.put_into_store(1, hours_of(1, 10));
  std::vector<result<api::held_pin>> held;
  std::uint64_t heard = 0;
  for (std::size_t i = 0; i < node::pins_max; ++i) {
    held.push_back(c.world.run(api::ask_pin(c.client.env(), c.host(1).ip() + ":7650",
                                            format(c[1].member.id), ulid_min, ulid_max, heard)));
    REQUIRE(held.back());
  }
  const answer a = c.query(0, "");
  CHECK(a.trailer("X-Oklog-Coverage") == "partial");
  CHECK(has(a.trailer("X-Oklog-Summary"), "too many queries at once"));
}
