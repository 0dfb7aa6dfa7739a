// What comes to the gossip port: a byte that says mode and clock, then packets, each after two
// bytes of length. No input may crash or open a seal whose key it does not know; a plain packet is
// taken as it is where the mode allows it; what was sealed by us and changed in one bit is refused,
// and opens once when it is not changed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oklog/cluster/packet_guard.h"

namespace {

using namespace oklog;
using namespace oklog::cluster;

void check(bool good) {
  if (!good) std::abort();
}

keyring key_of_ours() {
  auto parsed = keyring::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  check(parsed.has_value());
  return *parsed;
}

packet_guard make_guard(encrypt_mode mode, std::uint8_t number) {
  seal_epoch epoch{};
  epoch[0] = number;
  auto made = packet_guard::make(mode, key_of_ours(), epoch);
  check(made.has_value());
  return std::move(*made);
}

// Our own packet with the text of the input, changed where the input says.
void check_changed(packet_guard& to, wall_time now, std::string_view text) {
  packet_guard from = make_guard(encrypt_mode::send, 2);
  const std::string whole = from.wrap(now, text);
  std::size_t bit = 0;
  for (const char c : text) bit = bit * 31 + static_cast<unsigned char>(c);
  bit %= whole.size() * 8;
  std::string changed = whole;
  changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
  const bool now_plain = changed[0] == 'O' && changed[1] == packet_guard::plain_version;
  if (!now_plain) check(!to.unwrap(now, changed));
  const auto opened = to.unwrap(now, whole);
  check(opened && *opened == text);
  check(!to.unwrap(now, whole));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto mode = static_cast<encrypt_mode>(data[0] % 3);
  const wall_time now(std::chrono::seconds(1'800'000'000) + std::chrono::hours(data[0] / 3));
  packet_guard to = make_guard(mode, 1);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string_view packet;
  while (rest.size() >= 2) {
    const std::size_t length = static_cast<unsigned char>(rest[0]) * std::size_t{256} +
                               static_cast<unsigned char>(rest[1]);
    packet = rest.substr(2, length);
    rest.remove_prefix(2 + packet.size());
    const auto got = to.unwrap(now, packet);
    if (!got) continue;
    check(mode != encrypt_mode::require);
    check(packet.starts_with("O\x01") && *got == packet.substr(2));
  }
  check(to.count().sealed == 0);
  check_changed(to, now, packet);
  return 0;
}
