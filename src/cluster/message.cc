#include "oklog/cluster/message.h"

#include "oklog/base/bytes.h"

namespace oklog::cluster {
namespace {

enum class type : std::uint8_t {
  ping = 1,
  ack = 2,
  ping_for = 3,
  nack = 4,
  alive = 5,
  suspect = 6,
  dead = 7,
  left = 8,
  sync = 9,
  same = 10,
  done = 11,
  table = 12,
};

// --- writing

void put_id(std::string& out, const ulid& id) {
  put_int(out, id.hi);
  put_int(out, id.lo);
}

void put_short(std::string& out, std::string_view text) {
  out.push_back(static_cast<char>(text.size()));
  out.append(text);
}

void put_data(std::string& out, const member_data& d) {
  out.push_back(static_cast<char>(d.role));
  const auto* ip = reinterpret_cast<const char*>(d.gossip.ip.data());
  put_short(out, d.gossip.is_v4() ? std::string_view(ip + 12, 4) : std::string_view(ip, 16));
  put_int(out, d.gossip.port);
  put_int(out, d.api_port);
  put_int(out, d.replication_factor);
  put_int(out, d.free_sixteenths);
  put_int(out, static_cast<std::uint8_t>(d.kept_records));
  put_varint(out, d.starts);
  put_short(out, d.version);
  put_short(out, d.extra);
}

type put_body(std::string& out, const msg::ping& m) {
  put_int(out, m.seq);
  put_id(out, m.target);
  put_id(out, m.source);
  put_varint(out, m.round);
  return type::ping;
}
type put_body(std::string& out, const msg::ack& m) {
  put_int(out, m.seq);
  put_id(out, m.from);
  put_int(out, m.score);
  return type::ack;
}
type put_body(std::string& out, const msg::ping_for& m) {
  put_int(out, m.seq);
  put_id(out, m.target);
  put_id(out, m.source);
  put_varint(out, m.nack_after_ms);
  return type::ping_for;
}
type put_body(std::string& out, const msg::nack& m) {
  put_int(out, m.seq);
  put_id(out, m.from);
  return type::nack;
}
type put_body(std::string& out, const msg::alive& m) {
  put_id(out, m.id);
  put_varint(out, m.incarnation);
  put_data(out, m.data);
  return type::alive;
}
type put_body(std::string& out, const msg::suspect& m) {
  put_id(out, m.id);
  put_varint(out, m.incarnation);
  put_id(out, m.from);
  put_int(out, static_cast<std::uint8_t>(m.confirmers.size()));
  for (const ulid& c : m.confirmers) put_id(out, c);
  return type::suspect;
}
type put_body(std::string& out, const msg::dead& m) {
  put_id(out, m.id);
  put_varint(out, m.incarnation);
  put_id(out, m.from);
  return type::dead;
}
type put_body(std::string& out, const msg::left& m) {
  put_body(out, m.who);
  return type::left;
}
type put_body(std::string& out, const msg::sync& m) {
  put_varint(out, m.digest.members);
  put_int(out, m.digest.sum.hi);
  put_int(out, m.digest.sum.lo);
  return type::sync;
}
type put_body(std::string&, const msg::same&) {
  return type::same;
}
type put_body(std::string&, const msg::done&) {
  return type::done;
}
type put_body(std::string& out, const msg::table& m) {
  put_varint(out, m.entries.size());
  for (const msg::entry& e : m.entries) {
    put_int(out, static_cast<std::uint8_t>(e.state));
    put_varint(out, e.age_s);
    put_body(out, e.who);
  }
  return type::table;
}

// --- reading: a reader that has failed gives zeros, and is asked once at the end

ulid take_id(bytes_reader& in) {
  ulid id;
  id.hi = in.take_int<std::uint64_t>();
  id.lo = in.take_int<std::uint64_t>();
  return id;
}

std::string_view take_short(bytes_reader& in) {
  return in.take(in.take_int<std::uint8_t>());
}

bool take_data(bytes_reader& in, member_data& d) {
  const auto role = in.take_int<std::uint8_t>();
  const std::string_view ip = take_short(in);
  d.gossip.port = in.take_int<std::uint16_t>();
  d.api_port = in.take_int<std::uint16_t>();
  d.replication_factor = in.take_int<std::uint8_t>();
  d.free_sixteenths = in.take_int<std::uint8_t>();
  const auto kept = in.take_int<std::uint8_t>();
  d.starts = in.take_varint();
  d.version = take_short(in);
  d.extra = take_short(in);
  if (role < 1 || role > 3 || (ip.size() != 4 && ip.size() != 16)) return false;
  d.role = static_cast<cluster::role>(role);
  d.kept_records = kept != 0;
  if (ip.size() == 4) d.gossip.ip[10] = d.gossip.ip[11] = 0xff;
  std::copy(ip.begin(), ip.end(), d.gossip.ip.end() - static_cast<std::ptrdiff_t>(ip.size()));
  const bool bounded = d.version.size() <= version_bytes_max && d.extra.size() <= extra_bytes_max;
  const bool free_known = d.free_sixteenths <= 16 || d.free_sixteenths == free_unknown;
  return in.ok() && bounded && free_known && d.replication_factor >= 1 && kept <= 1;
}

bool take(bytes_reader& in, msg::ping& m) {
  m.seq = in.take_int<std::uint32_t>();
  m.target = take_id(in);
  m.source = take_id(in);
  m.round = in.take_varint();
  return in.ok();
}
bool take(bytes_reader& in, msg::ack& m) {
  m.seq = in.take_int<std::uint32_t>();
  m.from = take_id(in);
  m.score = in.take_int<std::uint8_t>();
  return in.ok();
}
bool take(bytes_reader& in, msg::ping_for& m) {
  m.seq = in.take_int<std::uint32_t>();
  m.target = take_id(in);
  m.source = take_id(in);
  const std::uint64_t ms = in.take_varint();
  m.nack_after_ms = static_cast<std::uint32_t>(ms);
  return in.ok() && ms <= 60'000;
}
bool take(bytes_reader& in, msg::nack& m) {
  m.seq = in.take_int<std::uint32_t>();
  m.from = take_id(in);
  return in.ok();
}
bool take(bytes_reader& in, msg::alive& m) {
  m.id = take_id(in);
  m.incarnation = in.take_varint();
  return take_data(in, m.data);
}
bool take(bytes_reader& in, msg::suspect& m) {
  m.id = take_id(in);
  m.incarnation = in.take_varint();
  m.from = take_id(in);
  const auto n = in.take_int<std::uint8_t>();
  if (n > confirmers_max) return false;
  for (unsigned i = 0; i < n; ++i) m.confirmers.push_back(take_id(in));
  return in.ok();
}
bool take(bytes_reader& in, msg::dead& m) {
  m.id = take_id(in);
  m.incarnation = in.take_varint();
  m.from = take_id(in);
  return in.ok();
}
bool take(bytes_reader& in, msg::left& m) {
  return take(in, m.who);
}
bool take(bytes_reader& in, msg::sync& m) {
  m.digest.members = in.take_varint();
  m.digest.sum.hi = in.take_int<std::uint64_t>();
  m.digest.sum.lo = in.take_int<std::uint64_t>();
  return in.ok();
}
bool take(bytes_reader& in, msg::same&) {
  return in.ok();
}
bool take(bytes_reader& in, msg::done&) {
  return in.ok();
}
bool take(bytes_reader& in, msg::table& m) {
  const std::uint64_t n = in.take_varint();
  // Each takes more than 32 bytes: a count beyond that is a lie, whatever room it asks for.
  if (!in.ok() || n > in.left() / 32) return false;
  m.entries.resize(n);
  for (msg::entry& e : m.entries) {
    const auto s = in.take_int<std::uint8_t>();
    e.age_s = in.take_varint();
    if (s > static_cast<std::uint8_t>(state::left) || !take(in, e.who)) return false;
    e.state = static_cast<cluster::state>(s);
  }
  return true;
}

template <class M>
std::optional<message> read(std::string_view body) {
  bytes_reader in(body);
  M m{};
  if (!take(in, m)) return std::nullopt;
  return message(std::move(m));
}

// Nothing where the body cannot be; an unknown type is `skipped`.
std::optional<message> read_as(type t, std::string_view body, bool& skipped) {
  switch (t) {
    case type::ping:
      return read<msg::ping>(body);
    case type::ack:
      return read<msg::ack>(body);
    case type::ping_for:
      return read<msg::ping_for>(body);
    case type::nack:
      return read<msg::nack>(body);
    case type::alive:
      return read<msg::alive>(body);
    case type::suspect:
      return read<msg::suspect>(body);
    case type::dead:
      return read<msg::dead>(body);
    case type::left:
      return read<msg::left>(body);
    case type::sync:
      return read<msg::sync>(body);
    case type::same:
      return read<msg::same>(body);
    case type::done:
      return read<msg::done>(body);
    case type::table:
      return read<msg::table>(body);
  }
  skipped = true;
  return std::nullopt;
}

}  // namespace

void put(std::string& packet, const message& m) {
  std::string body;
  const type t = std::visit([&body](const auto& of) { return put_body(body, of); }, m);
  packet.push_back(static_cast<char>(t));
  put_varint(packet, body.size());
  packet += body;
}

std::string encode(const message& m) {
  std::string packet;
  put(packet, m);
  return packet;
}

result<> for_each_message(std::string_view packet, const std::function<void(message)>& see) {
  bytes_reader in(packet);
  while (!in.at_end()) {
    const auto t = static_cast<type>(in.take_int<std::uint8_t>());
    const std::string_view body = in.take(in.take_varint());
    if (!in.ok()) return fail(errc::corruption, "a message is cut off");
    bool skipped = false;
    auto m = read_as(t, body, skipped);
    if (skipped) continue;
    if (!m) {
      return fail(errc::corruption, "a message of type " +
                                        std::to_string(static_cast<unsigned>(t)) + " is malformed");
    }
    see(std::move(*m));
  }
  return {};
}

}  // namespace oklog::cluster
