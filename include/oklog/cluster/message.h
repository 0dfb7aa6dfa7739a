// The messages of gossip, in bytes: docs/protocol.md, "Gossip". A packet is a row of messages, each
//
//   type u8, length varint, body
//
// so that what a newer version adds can be passed over. The same packets travel in datagrams and,
// in a frame of their own, over connections. Decoding never trusts: a length, an id or an address
// that cannot be is an error of that message, and the rest of the packet is not read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oklog/base/hash.h"
#include "oklog/cluster/member.h"

namespace oklog::cluster {

inline constexpr std::size_t confirmers_max = 3;
inline constexpr std::size_t table_bytes_max = 8 * 1024 * 1024;  // a whole table over a connection

namespace msg {

struct ping {
  std::uint32_t seq = 0;
  ulid target;  // who is meant: another node at this address keeps silent
  ulid source;
  std::uint64_t round = 0;  // of the shared probe schedule
};
struct ack {
  std::uint32_t seq = 0;
  ulid from;
  std::uint8_t score = 0;  // of its health
};
// "Probe this one for me, and say so if it does not answer within nack_after."
struct ping_for {
  std::uint32_t seq = 0;
  ulid target;
  ulid source;
  std::uint32_t nack_after_ms = 0;
};
struct nack {
  std::uint32_t seq = 0;
  ulid from;
};
struct alive {
  ulid id;
  std::uint64_t incarnation = 0;
  member_data data;
};
struct suspect {
  ulid id;
  std::uint64_t incarnation = 0;
  ulid from;
  std::vector<ulid> confirmers;  // helpers that did not reach it either; at most confirmers_max
};
struct dead {
  ulid id;
  std::uint64_t incarnation = 0;
  ulid from;
};
struct left {
  msg::alive who;  // as it was when it left
};

// What two tables are compared by: of all living and dead members, with their incarnations.
struct digest {
  std::uint64_t members = 0;
  hash128 sum;
  friend bool operator==(const digest&, const digest&) = default;
};
// "This is what I know, in short. Tell me all if you know otherwise."
struct sync {
  msg::digest digest;
};
struct same {};
struct done {};
struct entry {
  cluster::state state = cluster::state::alive;
  std::uint64_t age_s = 0;  // of a state dead or left
  msg::alive who;
};
struct table {
  std::vector<entry> entries;
};

}  // namespace msg

using message =
    std::variant<msg::ping, msg::ack, msg::ping_for, msg::nack, msg::alive, msg::suspect, msg::dead,
                 msg::left, msg::sync, msg::same, msg::done, msg::table>;

// Appends the message.
void put(std::string& packet, const message& m);
std::string encode(const message& m);
// Calls `see` with each message in turn. Error: malformed, with everything before it seen. Messages
// of unknown types are passed over.
result<> for_each_message(std::string_view packet, const std::function<void(message)>& see);

}  // namespace oklog::cluster
