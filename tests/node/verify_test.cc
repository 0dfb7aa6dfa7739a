// Stores that read all that they hold because somebody asks.
#include "node/verify.h"

#include "node/some_nodes.h"

namespace oklog::node_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// That do not compress.
test::plain_records long_lines(some_nodes& c, std::uint64_t seq) {
  test::plain_records r = old_lines(c, seq, 3000);
  prng random(seq);
  for (test::plain_record& one : r) {
    for (int i = 0; i < 8; ++i) one.text += std::to_string(random.next());
  }
  return r;
}

struct verified_node : some_nodes {
  verified_node() : some_nodes(std::vector<cluster::role>(1, cluster::role::store)) {
    for (std::uint64_t i = 0; i < 3; ++i) put_into_store(0, long_lines(*this, i * 5000 + 1));
    service = std::make_unique<node::verifier>((*this)[0].env, (*this)[0].storer->log());
    api::add_verify_route((*this)[0].routes, *service);
  }
  result<> verify(std::uint64_t rate = 0) {
    answer = {};
    lines = 0;
    const auto count = [this] { ++lines; };
    return world.run(api::ask_verify(client.env(), host(0).ip() + ":7650", rate, answer, count));
  }
  awaitable<void> verifying(std::uint64_t rate) {
    first_end = co_await api::ask_verify(client.env(), host(0).ip() + ":7650", rate, first, [] {});
  }
  std::unique_ptr<node::verifier> service;
  api::verify_answer answer;
  api::verify_answer first;
  std::optional<result<>> first_end;
  std::size_t lines = 0;
};

}  // namespace

TEST_CASE("verify: a sound store is read whole", "[node]") {
  verified_node c;
  REQUIRE(c.verify());
  CHECK(c.answer.begun.store == c[0].storer->log().store_id());
  CHECK(c.answer.begun.segments == 3);
  CHECK(c.answer.damaged.empty());
  REQUIRE(c.answer.end);
  CHECK(c.answer.end->done.segments == 3);
  CHECK(c.answer.end->done.bytes > c.answer.begun.bytes / 2);
  CHECK(c.answer.end->done.bytes <= c.answer.begun.bytes);
}

TEST_CASE("verify: each flipped bit is found, wherever it is, and the store knows it", "[node]") {
  verified_node c;
  const segment_ptr s = c[0].storer->log().live()[1];
  prng random(7);
  // Up to the footer, which is read when a store starts.
  const std::uint64_t end = s->footer.blocks.back().offset + s->footer.blocks.back().header.bytes();
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t at = random.below(end + s->footer.filters.frame_bytes);
    const auto bit = static_cast<unsigned>(random.below(8));
    c.host(0).disk().bit_flip(s->file->path, at, bit);
    INFO("byte " << at << " bit " << bit);
    REQUIRE(c.verify());
    REQUIRE(c.answer.damaged.size() == 1);
    CHECK(c.answer.damaged[0].segment == s->name);
    CHECK(c.answer.end->damaged == 1);
    c.host(0).disk().bit_flip(s->file->path, at, bit);
  }
  CHECK(c[0].storer->log().damaged().size() == 1);
}

TEST_CASE("verify: it keeps its pace, says how far it is, and is done once at a time", "[node]") {
  verified_node c;
  const std::uint64_t bytes = c[0].storer->log().bytes();
  REQUIRE(bytes > 100'000);
  const duration begun = c.world.elapsed();
  c.tasks.spawn(c.verifying(api::verify_rate_min));
  c.world.run_for(std::chrono::milliseconds(100));
  const auto second = c.verify();
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::busy);
  REQUIRE(c.world.run_until([&] { return c.first_end.has_value(); }, minutes(5)));
  REQUIRE(*c.first_end);
  const double took = std::chrono::duration<double>(c.world.elapsed() - begun).count();
  CHECK(took > 0.5 * static_cast<double>(bytes) / static_cast<double>(api::verify_rate_min));
  REQUIRE(c.verify());
}

TEST_CASE("verify: who goes away ends it, and it can be asked for again", "[node]") {
  verified_node c;
  {
    env::task_group group(c.world.loop());
    group.spawn(c.verifying(api::verify_rate_min));
    c.world.run_for(std::chrono::milliseconds(100));
    group.stop();
    REQUIRE(c.world.run_until([&] { return group.size() == 0; }, minutes(1)));
  }
  c.world.run_for(seconds(10));
  REQUIRE(c.verify());
  CHECK(c.answer.end);
}

TEST_CASE("verify: a disk that will not give a segment is said, apart from damage", "[node]") {
  verified_node c;
  c.stop_rosters();
  sim::disk& disk = c.host(0).disk();
  disk.fail_operation(disk.operations() + 3);
  REQUIRE(c.verify());
  CHECK(c.answer.end->unread == 1);
  CHECK(c.answer.damaged.empty());
}

}  // namespace oklog::node_test
