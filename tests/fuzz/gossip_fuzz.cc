// Gossip packets as a stranger, or a broken member, sends them. The first byte says how the rest
// comes in: as a datagram from a member (0) or from a stranger (1), as a request over a connection
// (2) or as the answer to one (3). No input may crash, what is malformed from its first message on
// changes nothing, the members stay bounded, and a stranger gets no more bytes than it sent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cluster/lone_swim.h"

namespace {

using namespace oklog;
using namespace oklog::cluster;

constexpr std::size_t members_max = 16;

void check(bool well) {
  if (!well) std::abort();
}

void check_bounds(lone_swim& s, const rules& r) {
  check(s->table().size() <= members_max);
  check(s->living() >= 1 && s->living() <= s->table().size());
  check(s.knows(1) && s.state_of(1) == state::alive);
  for (const datagram& d : s.datagrams) check(d.bytes.size() <= r.packet_max - r.seal_bytes);
}

// The table is the same where not one message could be read.
void check_unchanged(const lone_swim& s, const msg::digest& before, std::string_view bytes) {
  std::size_t readable = 0;
  (void)for_each_message(bytes, [&readable](const message&) { ++readable; });
  lone_swim& machine = const_cast<lone_swim&>(s);
  if (readable == 0) check(machine->table().digest() == before);
}

void put_in(lone_swim& s, unsigned way, std::string_view bytes) {
  if (way == 0) return s.receive(2, bytes);
  if (way == 1) {
    const boot_time now = s.now();
    s->receive(now, address_of(99), bytes);
    std::size_t answered = 0;
    for (const datagram& d : s->out.datagrams) {
      if (d.to == address_of(99)) answered += d.bytes.size();
    }
    bool introduced = false;  // it may have become a member by these very bytes
    for (std::size_t p = 0; p < s->table().living(); ++p) {
      introduced |= s->table().at(p).data->data().gossip == address_of(99);
    }
    check(introduced || answered <= bytes.size());
    return;
  }
  if (way == 2) {
    (void)s->answer(s.now(), bytes);
    return;
  }
  s->join(s.now(), address_of(3));
  const std::uint64_t id = s->out.exchanges.back().id;
  s->exchanged(s.now(), id, swim::failure::none, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  rules r;
  r.members_max = members_max;
  lone_swim s(5, r);
  s.advance(std::chrono::milliseconds(1500));  // a probe is under way
  s.clear();
  const msg::digest before = s->table().digest();
  put_in(s, data[0] % 4, bytes);
  check_unchanged(s, before, bytes);
  s.advance(std::chrono::seconds(2));
  check_bounds(s, r);
  return 0;
}
