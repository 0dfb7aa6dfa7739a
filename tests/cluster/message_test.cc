#include "oklog/cluster/message.h"

#include <catch2/catch.hpp>

#include "cluster/lone_swim.h"
#include "oklog/base/bytes.h"

using namespace oklog;
using namespace oklog::cluster;

namespace {

member_data full_data() {
  member_data d = data_of(9);
  d.role = role::store;
  d.replication_factor = 3;
  d.free_sixteenths = 12;
  d.kept_records = true;
  d.starts = 1ULL << 40;
  d.version = std::string(version_bytes_max, 'v');
  d.extra = std::string(extra_bytes_max, 'x');
  return d;
}

std::vector<message> one_of_each() {
  const msg::alive who{id_of(9), 1ULL << 57, full_data()};
  msg::table table;
  table.entries.push_back({state::dead, 77, who});
  table.entries.push_back({state::alive, 0, {id_of(3), 5, data_of(3)}});
  return {msg::ping{0xfffffffe, id_of(1), id_of(2), 1ULL << 40},
          msg::ack{7, id_of(2), 3},
          msg::ping_for{8, id_of(1), id_of(2), 400},
          msg::nack{9, id_of(4)},
          who,
          msg::suspect{id_of(1), 5, id_of(2), {id_of(3), id_of(4), id_of(5)}},
          msg::dead{id_of(1), 6, id_of(2)},
          msg::left{who},
          msg::sync{{3, {1, 2}}},
          msg::same{},
          msg::done{},
          table};
}

struct reading {
  std::vector<message> messages;
  bool ok = false;
};
reading read_all(std::string_view packet) {
  reading r;
  r.ok = bool(for_each_message(packet, [&r](message m) { r.messages.push_back(std::move(m)); }));
  return r;
}

}  // namespace

TEST_CASE("message: what was written is what is read, each kind alone and all in one packet") {
  std::string packet;
  for (const message& m : one_of_each()) {
    const reading r = read_all(encode(m));
    REQUIRE(r.ok);
    REQUIRE(r.messages.size() == 1);
    CHECK(r.messages[0].index() == m.index());
    CHECK(encode(r.messages[0]) == encode(m));
    put(packet, m);
  }
  const reading r = read_all(packet);
  CHECK(r.ok);
  CHECK(r.messages.size() == one_of_each().size());
}

TEST_CASE("message: data keeps every field, of IPv4 and of IPv6") {
  for (const char* ip : {"10.1.2.3", "fd00::17"}) {
    msg::alive m{id_of(9), 4, full_data()};
    m.data.gossip = *make_address(ip, 7659);
    const reading r = read_all(encode(m));
    REQUIRE(r.ok);
    const auto& back = std::get<msg::alive>(r.messages.at(0));
    CHECK(back.data == m.data);
    CHECK(back.id == m.id);
    CHECK(back.incarnation == m.incarnation);
  }
}

TEST_CASE("message: cut off at any length it is an error, and what stands before it is kept") {
  const std::string before = encode(msg::ack{1, id_of(1)});
  for (const message& m : one_of_each()) {
    const std::string bytes = encode(m);
    for (std::size_t n = 1; n < bytes.size(); ++n) {
      const reading r = read_all(before + bytes.substr(0, n));
      CHECK_FALSE(r.ok);
      CHECK(r.messages.size() == 1);
    }
  }
}

TEST_CASE("message: unknown types are passed over") {
  std::string packet = encode(msg::ack{1, id_of(1)});
  packet.push_back(static_cast<char>(200));
  put_varint(packet, 5);
  packet += "12345";
  put(packet, msg::ack{2, id_of(1)});
  const reading r = read_all(packet);
  CHECK(r.ok);
  CHECK(r.messages.size() == 2);
}

TEST_CASE("message: the empty packet holds nothing and is no error") {
  const reading r = read_all("");
  CHECK(r.ok);
  CHECK(r.messages.empty());
}

TEST_CASE("message: fields that cannot be are errors") {
  const auto refused = [](const member_data& d) {
    return !read_all(encode(msg::alive{id_of(1), 1, d})).ok;
  };
  member_data d = data_of(1);
  CHECK_FALSE(refused(d));
  d.role = static_cast<role>(0);
  CHECK(refused(d));
  d.role = static_cast<role>(4);
  CHECK(refused(d));
  d = data_of(1);
  d.free_sixteenths = 17;
  CHECK(refused(d));
  d = data_of(1);
  d.replication_factor = 0;
  CHECK(refused(d));
  d = data_of(1);
  d.version = std::string(version_bytes_max + 1, 'v');
  CHECK(refused(d));
  d = data_of(1);
  d.extra = std::string(extra_bytes_max + 1, 'x');
  CHECK(refused(d));
}

TEST_CASE("message: more confirmers than allowed are an error") {
  const msg::suspect m{id_of(1), 1, id_of(2), {id_of(3), id_of(4), id_of(5), id_of(6)}};
  CHECK_FALSE(read_all(encode(m)).ok);
}

TEST_CASE("message: a table that claims more entries than it has bytes is refused without room") {
  std::string packet(1, static_cast<char>(12));
  std::string body;
  put_varint(body, 1ULL << 60);
  body += std::string(64, '\0');
  put_varint(packet, body.size());
  packet += body;
  CHECK_FALSE(read_all(packet).ok);
}

TEST_CASE("message: the largest news fits into a packet beside the largest ack") {
  const rules r;
  const std::string alive = encode(msg::alive{id_of(1), ~0ULL, full_data()});
  const std::string ack = encode(msg::ack{~0U, id_of(1), 7});
  CHECK(alive.size() + ack.size() <= r.packet_max - r.seal_bytes);
}
