#include "oklog/cluster/broadcasts.h"

#include <catch2/catch.hpp>

#include "cluster/lone_swim.h"

using namespace oklog;
using cluster::broadcasts;
using cluster::id_of;

namespace {

std::string news(char what, std::size_t size = 30) {
  return std::string(size, what);
}
std::string taken(broadcasts& b, std::size_t room, unsigned limit) {
  std::string packet;
  b.take(packet, room, limit);
  return packet;
}

}  // namespace

TEST_CASE("broadcasts: a newer piece about a member replaces the older one") {
  broadcasts b;
  b.put(id_of(1), news('a'));
  b.put(id_of(1), news('b'));
  CHECK(b.size() == 1);
  CHECK(taken(b, 1000, 9) == news('b'));
}

TEST_CASE("broadcasts: a replaced piece is sent as often as if it were the first") {
  broadcasts b;
  b.put(id_of(1), news('a'));
  (void)taken(b, 1000, 2);
  b.put(id_of(1), news('b'));
  CHECK(taken(b, 1000, 2) == news('b'));
  CHECK(taken(b, 1000, 2) == news('b'));
  CHECK(taken(b, 1000, 2).empty());
}

TEST_CASE("broadcasts: each piece goes out as often as the limit says, then it is dropped") {
  broadcasts b;
  b.put(id_of(1), news('a'));
  for (int i = 0; i < 4; ++i) CHECK(taken(b, 1000, 4) == news('a'));
  CHECK(b.size() == 0);
  CHECK(taken(b, 1000, 4).empty());
}

TEST_CASE("broadcasts: never more bytes than there is room") {
  broadcasts b;
  for (std::uint64_t i = 0; i < 100; ++i) b.put(id_of(i), news('a', 20 + i % 50));
  for (std::size_t room = 0; room < 400; ++room) CHECK(taken(b, room, 1000).size() <= room);
}

TEST_CASE("broadcasts: what was sent least goes first") {
  broadcasts b;
  b.put(id_of(1), news('a'));
  (void)taken(b, 1000, 9);
  b.put(id_of(2), news('b'));
  CHECK(taken(b, 1000, 9) == news('b') + news('a'));
}

TEST_CASE("broadcasts: what does not fit is passed over for what does") {
  broadcasts b;
  b.put(id_of(1), news('a', 200));
  b.put(id_of(2), news('b', 30));
  CHECK(taken(b, 100, 9) == news('b'));
  CHECK(b.has(id_of(1)));
}

TEST_CASE("broadcasts: a storm of fresh news does not starve what waits for its second sending") {
  broadcasts b;
  b.put(id_of(1000), news('w'));
  CHECK(taken(b, 400, 5) == news('w'));
  unsigned waited_for = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    for (std::uint64_t k = 0; k < 10; ++k) b.put(id_of(10 * i + k), news('f'));
    if (taken(b, 400, 1000).find('w') != std::string::npos) ++waited_for;
  }
  CHECK(waited_for >= 4);
}

TEST_CASE("broadcasts: what is dropped is not sent") {
  broadcasts b;
  b.put(id_of(1), news('a'));
  b.drop(id_of(1));
  b.drop(id_of(2));
  CHECK(b.size() == 0);
  CHECK(taken(b, 1000, 9).empty());
}

TEST_CASE("broadcasts: no piece goes out twice in one packet") {
  broadcasts b;
  for (std::uint64_t i = 0; i < 5; ++i) b.put(id_of(i), news(static_cast<char>('a' + i)));
  CHECK(taken(b, 1000, 9).size() == 5 * 30);
}
