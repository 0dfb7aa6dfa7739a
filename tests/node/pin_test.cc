// What is pinned for a query stays as it was, whatever becomes of the files (rule K17), and only so
// much is (docs/architecture.md, Limits).
#include "node/pins.h"

#include "node/some_nodes.h"
#include "oklog/api/part_api.h"
#include "oklog/api/pin_api.h"

namespace oklog::node_test {
namespace {

using cluster::role;
using namespace std::chrono_literals;

result<api::held_pin> pin_everything(some_nodes& c, std::size_t i) {
  std::uint64_t heard = 0;
  return c.world.run(api::ask_pin(c.client.env(), c.host(i).ip() + ":7650", format(c[i].member.id),
                                  ulid_min, ulid_max, heard));
}

// All records of a store, by what was pinned there.
awaitable<result<std::uint64_t>> count_pinned(env::environment env, std::string address,
                                              std::string token) {
  api::part_ask what;
  what.pin = std::move(token);
  CO_TRY_LET(auto answer,
             co_await api::ask_part(env, std::move(address), api::half::store, std::move(what)));
  std::uint64_t records = 0;
  while (true) {
    CO_TRY_LET(const auto frame, co_await answer.next());
    if (!frame) co_return records;
    if (frame->kind == api::part_kind::unread) co_return fail(errc::corruption, "not all is read");
    if (frame->kind != api::part_kind::block) continue;
    CO_TRY_LET(const batch some, decode_block(frame->bytes, text_check::frame));
    records += some.records();
  }
}

std::set<std::string> files_of(some_nodes& c, std::size_t i) {
  std::set<std::string> names;
  for (const segment_ptr& s : c[i].storer->log().live()) names.insert(s->name);
  return names;
}

store_snapshot of_segments(std::size_t n) {
  store_snapshot s;
  s.segments.resize(n);
  return s;
}

}  // namespace

TEST_CASE("K17: files that are compacted away after they were pinned are read all the same",
          "[node]") {
  some_nodes c({role::store, role::store});
  for (const std::uint64_t from : {1U, 51U, 101U}) c.put_into_store(1, old_lines(c, from, 100));
  const auto before = files_of(c, 1);
  REQUIRE(before.size() == 3);
  const std::string at = c.host(1).ip() + ":7650";
  const auto pin = pin_everything(c, 1);
  REQUIRE(pin);
  c.consume_at(1);  // compacts
  const auto gone = [&] {
    for (const std::string& name : files_of(c, 1)) {
      if (before.contains(name)) return false;
    }
    return true;
  };
  REQUIRE(c.world.run_until(gone, 4min));
  for (const std::string& name : before) {
    CHECK_FALSE(c.host(1).disk().contents("/data/store/" + name));
  }
  const auto read = c.world.run(count_pinned(c.client.env(), at, (*pin)->token));
  REQUIRE(read);
  CHECK(*read == 200);
  CHECK(c.query(0, "count").body == "200\n");
}

TEST_CASE("K17: files that are let go of after they were pinned are read all the same", "[node]") {
  some_nodes c({role::store, role::store});
  c.put_into_store(1, old_lines(c, 1, 100));
  const std::string at = c.host(1).ip() + ":7650";
  const auto pin = pin_everything(c, 1);
  REQUIRE(pin);
  store_log& log = c[1].storer->log();
  auto marking = log.begin_mark(log.live().front()->footer.partition, true);
  REQUIRE(marking);
  marking->run();
  REQUIRE(log.end_mark(std::move(*marking)));
  auto releasing = log.begin_release({log.live().front()->name});
  REQUIRE(releasing);
  releasing->run();
  REQUIRE(log.end_release(std::move(*releasing)));
  for (const std::string& file : c.host(1).disk().files()) {
    if (file.ends_with(".released")) REQUIRE(c.host(1).disk().remove(file));
  }
  const auto read = c.world.run(count_pinned(c.client.env(), at, (*pin)->token));
  REQUIRE(read);
  CHECK(*read == 100);
}

TEST_CASE("pins: 256 at once, no more; one that is dropped makes room", "[node]") {
  prng random(1);
  metrics_registry registry;
  node::pins pins(random, registry);
  std::vector<std::string> held;
  for (std::size_t i = 0; i < node::pins_max; ++i) held.push_back(pins.add({}));
  CHECK(std::set<std::string>(held.begin(), held.end()).size() == 256);
  CHECK(pins.add({}).empty());
  pins.drop(held.front());
  CHECK_FALSE(pins.add({}).empty());
  CHECK(pins.find(held.front()) == nullptr);
  CHECK(pins.find(held.back()) != nullptr);
}

TEST_CASE("pins: four million segments at once, no more, and all come back with their pin",
          "[node]") {
  prng random(1);
  metrics_registry registry;
  node::pins pins(random, registry);
  const std::string large = pins.add(of_segments(node::pinned_segments_max - 1));
  CHECK_FALSE(large.empty());
  CHECK(pins.add(of_segments(2)).empty());
  const std::string last = pins.add(of_segments(1));
  CHECK_FALSE(last.empty());
  CHECK(pins.add(of_segments(1)).empty());
  pins.drop(large);
  pins.drop(large);  // known no more: it counts once
  CHECK_FALSE(pins.add(of_segments(node::pinned_segments_max - 1)).empty());
  CHECK(pins.add(of_segments(1)).empty());
}

TEST_CASE("parts: 1024 other nodes may follow an ingester; the next is told 429", "[node]") {
  some_nodes c({role::ingest});
  const auto follow = [&] {
    return c.world.run(api::ask_live(c.client.env(), c.host(0).ip() + ":7650", query()));
  };
  std::vector<result<api::part_answer>> open;
  for (std::size_t i = 0; i < node::stream_parts_max; ++i) {
    open.push_back(follow());
    REQUIRE(open.back());
  }
  CHECK(open.size() == 1024);
  const auto refused = follow();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "it has too many queries at once");
  open.erase(open.begin(), open.begin() + 10);
  REQUIRE(c.world.run_until([&] { return follow().has_value(); }, 1min));
}

TEST_CASE("parts: 256 halves of other nodes' queries at once; the next is told 429", "[node]") {
  some_nodes c({role::store});
  c.world.net().set_window(2 * 1024);
  c.put_into_store(0, test::lines(test::first_ms, 1, 5000));
  const std::string at = c.host(0).ip() + ":7650";
  const auto pin = pin_everything(c, 0);
  REQUIRE(pin);
  const auto read = [&] {
    api::part_ask what;
    what.pin = (*pin)->token;
    return c.world.run(api::ask_part(c.client.env(), at, api::half::store, std::move(what)));
  };
  std::vector<result<api::part_answer>> open;
  for (std::size_t i = 0; i < node::query_parts_max; ++i) {
    open.push_back(read());
    REQUIRE(open.back());
  }
  CHECK(open.size() == 256);
  const auto refused = read();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "it has too many queries at once");
  open.pop_back();
  c.world.run_for(10s);
  CHECK(read());
}

}  // namespace oklog::node_test
