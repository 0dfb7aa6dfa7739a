// The store's part of the reference workload: consume, compact, retain, on a disk that crashes at
// every operation, in every state that it may leave.
#include <set>

#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;
using namespace std::chrono_literals;

namespace {

using record_set = std::set<plain_record>;

struct expectation {
  record_set sent;       // given to a consumer so far
  record_set published;  // end_consume() has said so
  record_set expired;    // retention may have taken it
};

struct crash_run {
  sim::disk disk;
  store_config config;
  store_world world;
  expectation expect;
  std::size_t states = 0;
  std::size_t operations = 0;

  explicit crash_run(store_config c) : config(c), world(c) {}

  void consume(const plain_records& records) {
    expect.sent.insert(records.begin(), records.end());
    REQUIRE(world.consume(records));
    expect.published.insert(records.begin(), records.end());
  }

  void check(sim::disk& image, std::string_view what) {
    ++states;
    store_world after(config);
    const auto opened = after.open(image);
    INFO("operation " << operations << ", state " << what);
    REQUIRE(opened);
    CHECK(after.log().quarantined() == 0);
    const plain_records found = after.contents();
    const record_set set(found.begin(), found.end());
    for (const plain_record& r : expect.published) {
      if (set.count(r) == 0 && expect.expired.count(r) == 0) FAIL("lost " << r.text);
    }
    for (const plain_record& r : set) {
      if (expect.sent.count(r) == 0) FAIL("invented " << r.text);
    }
    if (states % 16 != 0) return;
    // C14: to start again changes nothing; and what was left is put in order like anything else.
    const std::vector<std::string> files = image.files();
    REQUIRE(after.open(image));
    CHECK(image.files() == files);
    after.clock.pass(3h);
    after.compact_all();
    const plain_records merged = after.contents();
    CHECK(merged == plain_records(set.begin(), set.end()));
  }
};

}  // namespace

TEST_CASE("C1, C2, C14: a crash after every operation of consume, compact and retain loses nothing",
          "[store]") {
  store_config config;
  config.retention = {2h, 0, 10h};
  crash_run run(config);
  REQUIRE(run.world.open(run.disk));
  run.disk.on_operation([&] {
    ++run.operations;
    run.disk.for_each_crash_state(
        [&](sim::disk& image, std::string_view what) { run.check(image, what); });
  });
  const plain_records a = lines(first_ms, 1, 12);
  const plain_records b = lines(first_ms + 6, 7, 12);
  const plain_records c = lines(first_ms + window_ms - 5, 100, 10, "other", 8);
  run.consume(a);
  run.consume(b);
  run.consume(c);
  run.world.clock.pass(1h + 10min);
  CHECK(run.world.compact_all() == 1);
  run.consume(b);
  run.world.clock.pass(1h);
  CHECK(run.world.compact_all() == 1);
  // The first window is past, the second not yet.
  for (const plain_record& r : run.expect.sent) {
    if (window_of(r.id) == 480'000) run.expect.expired.insert(r);
  }
  run.world.clock.pass(1h);
  CHECK(run.world.retain().trashed > 0);
  run.expect.expired = run.expect.sent;
  run.world.clock.pass(10h);
  run.world.retain();
  run.world.clock.pass(1h);
  run.world.retain();
  run.consume(lines(first_ms + 15 * window_ms, 200, 5));
  run.disk.on_operation({});
  CHECK(run.operations > 30);
  CHECK(run.states > 200);
  CHECK(run.disk.syncs_after_failure() == 0);
}
