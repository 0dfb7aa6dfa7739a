// Whole tables, compared and exchanged over connections.
#include <catch2/catch.hpp>

#include <set>

#include "cluster/lone_swim.h"

using namespace oklog;
using namespace oklog::cluster;
using namespace std::chrono_literals;

namespace {

msg::table table_of(std::vector<msg::entry> entries) {
  return {std::move(entries)};
}
msg::entry entry_of(unsigned k, state s, std::uint64_t incarnation = inc, std::uint64_t age = 0) {
  return {s, age, {id_of(k), incarnation, data_of(k)}};
}

}  // namespace

TEST_CASE("sync: equal tables are found equal by their digests, nothing more is sent") {
  lone_swim a(5, {}, 1);
  lone_swim b(5, {}, 2);
  a->join(a.now(), address_of(2));
  REQUIRE(a->out.exchanges.size() == 1);
  const std::string reply = b->answer(b.now(), a->out.exchanges[0].bytes);
  CHECK(reply == encode(msg::same{}));
  CHECK(b->counts().syncs_equal == 1);
}

TEST_CASE("sync: who joins learns of all, and all it knows is told") {
  lone_swim seed(5, {}, 1);
  data_pool pool;
  swim joiner(rules{}, pool, id_of(50), data_of(50), inc, prng(3));
  joiner.begin(seed.now());
  joiner.join(seed.now(), address_of(1));
  REQUIRE(joiner.out.exchanges.size() == 1);
  const exchange x = joiner.out.exchanges[0];
  joiner.out.clear();
  const std::string reply = seed->answer(seed.now(), x.bytes);
  CHECK(seed->living() == 6);  // the request itself says who asks
  joiner.exchanged(seed.now(), x.id, swim::failure::none, reply);
  CHECK(joiner.living() == 6);
  CHECK(joiner.table().digest() == seed->table().digest());
  joiner.out.clear();
}

TEST_CASE("sync: where both know something, both know all afterwards") {
  lone_swim a(4, {}, 1);
  lone_swim b(4, {}, 2);
  a.receive(3, msg::alive{id_of(10), 5, data_of(10)});
  b.receive(3, msg::alive{id_of(11), 5, data_of(11)});
  a.clear();
  a->join(a.now(), address_of(2));
  const exchange asked = a->out.exchanges.at(0);
  a->out.clear();
  a->exchanged(a.now(), asked.id, swim::failure::none, b->answer(b.now(), asked.bytes));
  REQUIRE(a->out.exchanges.size() == 1);  // what the other lacks
  const std::string reply = b->answer(b.now(), a->out.exchanges[0].bytes);
  CHECK(reply == encode(msg::done{}));
  CHECK(a->table().digest() == b->table().digest());
  CHECK(b.knows(10));
  CHECK(a.knows(11));
}

TEST_CASE("merge: the dead of others are suspects first, so that they can refute") {
  lone_swim s(4);
  (void)s->answer(s.now(), encode(table_of({entry_of(3, state::dead)})));
  CHECK(s.state_of(3) == state::suspect);
  s.receive(3, msg::alive{id_of(3), inc + 1, data_of(3)});
  CHECK(s.state_of(3) == state::alive);
}

TEST_CASE("merge: suspects are suspected, those who left have left, old entries change nothing") {
  lone_swim s(5);
  (void)s->answer(s.now(), encode(table_of({entry_of(2, state::suspect), entry_of(3, state::left),
                                            entry_of(4, state::dead, inc - 1)})));
  CHECK(s.state_of(2) == state::suspect);
  CHECK(s.state_of(3) == state::left);
  CHECK(s.state_of(4) == state::alive);
}

TEST_CASE("merge: unknown dead are remembered with their age, without being reported") {
  lone_swim s(3);
  (void)s->answer(s.now(), encode(table_of({entry_of(8, state::dead, inc, 3600),
                                            entry_of(9, state::left, inc, 26 * 3600)})));
  CHECK(s.state_of(8) == state::dead);
  CHECK_FALSE(s.knows(9));  // forgotten by now
  CHECK(s->out.events.empty());
  s.receive(2, msg::alive{id_of(8), inc, data_of(8)});
  CHECK(s.state_of(8) == state::dead);
}

TEST_CASE("merge: a table that says we are gone is refuted") {
  lone_swim s(3);
  (void)s->answer(s.now(), encode(table_of({entry_of(1, state::dead)})));
  CHECK(s->incarnation() == inc + 1);
  CHECK(s->living() == 3);
}

TEST_CASE("answer: what cannot be read gets none, and changes nothing") {
  lone_swim s(3);
  const std::string table = encode(table_of({entry_of(8, state::alive)}));
  for (std::size_t n = 1; n < table.size(); ++n) {
    CHECK(s->answer(s.now(), table.substr(0, n)).empty());
  }
  CHECK_FALSE(s.knows(8));
  CHECK(s->counts().malformed == table.size() - 1);
}

TEST_CASE("answer: a ping over a connection is acknowledged where it means us") {
  lone_swim s(3);
  const std::string reply = s->answer(s.now(), encode(msg::ping{5, id_of(1), id_of(2), 1}));
  CHECK(reply == encode(msg::ack{5, id_of(1), 0}));
  CHECK(s->answer(s.now(), encode(msg::ping{5, id_of(3), id_of(2), 1})).empty());
}

TEST_CASE("sync: one of the dead is asked as well, so that two halves find each other again") {
  lone_swim s(4);
  s.receive(2, msg::dead{id_of(3), inc, id_of(2)});
  bool asked = false;
  for (int i = 0; i < 40 && !asked; ++i) {
    s.live(1s);
    for (const exchange& x : s.exchanges) asked |= x.to == address_of(3);
  }
  CHECK(asked);
}

TEST_CASE("sync: after a failure of any kind the next one comes at its time") {
  lone_swim s(3);
  s->join(s.now(), address_of(77));
  const std::uint64_t id = s->out.exchanges.at(0).id;
  s->exchanged(s.now(), id, swim::failure::silent, "");
  s->exchanged(s.now(), id, swim::failure::refused, "");
  s->join(s.now(), address_of(77));
  s->exchanged(s.now(), s->out.exchanges.back().id, swim::failure::none, "garbage");
  CHECK(s->counts().malformed == 1);
  CHECK(s->living() == 3);
}

TEST_CASE("members: two names at one address are two members") {
  lone_swim s(2);
  s.receive(2, msg::alive{id_of(8), inc, data_of(2)});
  CHECK(s->living() == 3);
  CHECK(s->members().size() == 3);
}

TEST_CASE("table: the ring stays ordered and every member is found, whatever comes and goes") {
  data_pool pool;
  member_table t;
  prng random(5);
  std::set<std::uint64_t> living;
  for (int i = 0; i < 3000; ++i) {
    const auto k = static_cast<unsigned>(random.below(200));
    view v;
    v.data = pool.share(id_of(k), data_of(k % 250));
    v.state = random.chance(2, 3) ? state::alive : state::dead;
    if (v.state == state::alive) {
      living.insert(k);
    } else {
      living.erase(k);
    }
    t.put(v);
  }
  REQUIRE(t.living() == living.size());
  std::size_t place = 0;
  for (const std::uint64_t k : living) {
    CHECK(t.at(place).data->id() == ulid{0, k});
    CHECK(t.place({0, k}) == place++);
  }
  CHECK(t.place({0, 4000}) == member_table::npos);
}

TEST_CASE("table: a view of a member takes at most 48 bytes, its index included") {
  CHECK(sizeof(view) + 12 <= 48);
}
