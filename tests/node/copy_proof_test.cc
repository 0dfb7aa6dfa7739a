// When what a store holds is said to have its copies.
#include "node/copy_proof.h"

#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* proved = "oklog_store_proved_copies";

// They repair, and merge nothing: so digests say nothing, as in an hour that is written to.
struct unmerged : some_nodes {
  explicit unmerged(std::size_t n) : some_nodes(std::vector(n, cluster::role::store)) {
    want_copies(*this, 2);
    world.run_for(minutes(1));  // everybody is admitted
  }
  void put_twice(std::size_t i, const test::plain_records& records) {
    for (int n = 0; n < 2; ++n) put_into_store(i, records);
  }
  void repair() {
    for (std::size_t i = 0; i < size(); ++i) repair_at(i);
    world.run_for(milliseconds(1));
  }
};

}  // namespace

TEST_CASE("K15: copies that are not merged yet are proved record by record", "[node]") {
  unmerged c(2);
  const auto records = old_lines(c, 1, 300);
  c.put_twice(0, records);
  c.put_into_store(1, records);
  REQUIRE(digests_of(c, 0) != digests_of(c, 1));
  c.repair();
  CHECK(c.number(0, under_replicated) == 1);  // in doubt until it is shown
  c.world.run_for(seconds(20));
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(c.number(i, under_replicated) == 0);
    CHECK(c.number(i, proved) == 2);
    CHECK(c.number(i, "oklog_store_repaired_bytes_total") == 0);
  }
}

TEST_CASE("repair: records that counts hide are missed when they are asked for, and fetched",
          "[node]") {
  unmerged c(2);
  c.put_twice(0, old_lines(c, 1, 300));
  c.put_twice(1, old_lines(c, 100, 300));  // as many in much the same range
  c.repair();
  c.world.run_for(seconds(3));
  CHECK(c.number(0, under_replicated) == 1);
  CHECK(c.number(1, under_replicated) == 1);
  c.world.run_for(minutes(1));
  CHECK(held_by(c, 0).size() == 399);
  CHECK(held_by(c, 1) == held_by(c, 0));
  CHECK(c.number(0, under_replicated) == 0);
  CHECK(c.number(1, under_replicated) == 0);
}

TEST_CASE("K15: what a store that goes away may have held is in doubt at once", "[node]") {
  unmerged c(3);
  const auto records = old_lines(c, 1, 300);
  for (std::size_t i = 0; i < 3; ++i) c.put_into_store(i, records);
  c.repair();
  c.world.run_for(minutes(1));
  REQUIRE(c.number(0, under_replicated) == 0);
  die(c, 2);
  c.world.run_for(milliseconds(1));
  CHECK(c.number(0, under_replicated) == 1);
  CHECK(c.number(1, under_replicated) == 1);
  c.world.run_for(seconds(5));  // the others have it twice
  CHECK(c.number(0, under_replicated) == 0);
  CHECK(c.number(1, under_replicated) == 0);
}

}  // namespace oklog::node_test
