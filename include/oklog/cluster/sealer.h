// The seal of a gossip packet: AES-256-GCM, with what makes an old packet worthless.
//
//   'O' 0x02 | epoch, 16 bytes | counter, u64 | unix seconds, u32 | ciphertext | tag, 16 bytes
//
// Integers are little-endian; all before the ciphertext is authenticated with it. An epoch is drawn
// by each process when it starts, and counts its packets from 1. Each epoch has a key of its own,
// derived from a ring key, so that a counter is nonce enough and no two nodes share one.
//
// open() takes each packet once: of an epoch it remembers the highest counter and the 1024 up to
// it. An epoch that it has not met is taken only where the packet's seconds are within a minute of
// our clock; later ones are not asked, so that a clock that jumps throws nobody out. At most 16,384
// epochs are remembered, the longest unused one goes first. Only an authentic packet changes
// anything. Pure: the caller says what time it is.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "oklog/base/prng.h"
#include "oklog/base/time.h"
#include "oklog/cluster/keyring.h"

namespace oklog::cluster {

using seal_epoch = std::array<std::uint8_t, 16>;
seal_epoch draw_epoch(prng& random);

// Why a packet is not taken.
enum class refusal {
  malformed,    // no packet of ours
  unknown_key,  // sealed with none of our keys, or changed on the way
  replayed,     // seen before, or older than what is remembered
  stale,        // the first one of its sender, and its clock or ours is wrong
  plain,        // not sealed, where a seal is required
};
inline constexpr std::size_t refusal_count = 5;
std::string_view name(refusal r);

class sealer {
 public:
  static constexpr char magic = 'O';
  static constexpr char version = 2;
  static constexpr std::size_t head_bytes = 30;
  static constexpr std::size_t overhead = head_bytes + 16;
  static constexpr std::size_t packet_bytes_max = 16 << 20;
  static constexpr std::size_t window = 1024;
  static constexpr std::size_t epochs_max = 16384;
  static constexpr std::int32_t clock_difference_max_s = 60;

  // `epoch` must never have been used with one of these keys.
  sealer(keyring keys, const seal_epoch& epoch);
  sealer(sealer&&) = default;
  sealer(const sealer&) = delete;

  // REQUIRES: the ring has a key; the plaintext is at most packet_bytes_max - overhead.
  std::string seal(wall_time now, std::string_view plain);
  std::variant<std::string, refusal> open(wall_time now, std::string_view packet);
  // Other keys from now on; the epoch, its counter and what was seen stay.
  void reload(keyring keys);
  const keyring& keys() const { return keys_; }

 private:
  struct sender {
    seal_epoch epoch{};
    secret key;  // the one that opened its last packet
    bool has_key = false;
    std::uint64_t highest = 0;
    std::bitset<window> seen;  // bit i: highest - i
  };
  using senders = std::list<sender>;

  std::optional<std::string> decrypt(sender& from, std::string_view head, std::string_view sealed,
                                     std::uint64_t counter) const;
  static bool first_time(sender& from, std::uint64_t counter);
  void remember(sender from);

  keyring keys_;
  seal_epoch epoch_;
  std::uint64_t counter_ = 0;
  secret own_key_;
  senders senders_;  // the latest heard of first
  std::map<seal_epoch, senders::iterator> by_epoch_;
};

}  // namespace oklog::cluster
