// What stands between the datagrams and the protocol: packets go out plain or sealed, and come in
// as far as the mode allows, each refusal counted by its reason. A plain packet is 'O' 0x01 and the
// text; a sealed one is described in sealer.h.
//
// A cluster is sealed without a gap: every node gets the keys (off), then every node sends sealed
// (send), then every node asks for it (require).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/cluster/sealer.h"

namespace oklog::cluster {

enum class encrypt_mode {
  off,      // sends plain, takes both
  send,     // sends sealed, takes both
  require,  // sends sealed, takes sealed
};

class packet_guard {
 public:
  static constexpr char plain_version = 1;
  static constexpr std::size_t plain_overhead = 2;

  struct counts {
    std::uint64_t sealed = 0;  // taken
    std::uint64_t plain = 0;
    std::array<std::uint64_t, refusal_count> refused{};
  };

  // Error: invalid, where the mode needs a key and there is none.
  static result<packet_guard> make(encrypt_mode mode, keyring keys, const seal_epoch& epoch);

  std::string wrap(wall_time now, std::string_view plain);
  // Error: invalid; the sentence is the refusal.
  result<std::string> unwrap(wall_time now, std::string_view packet);
  // Keeps the epoch and what was seen. Error as make(), and then nothing has changed.
  result<> reload(keyring keys);

  bool seals() const { return mode_ != encrypt_mode::off; }
  // What wrap() adds.
  std::size_t overhead() const { return seals() ? sealer::overhead : plain_overhead; }
  const counts& count() const { return counts_; }

 private:
  packet_guard(encrypt_mode mode, keyring keys, const seal_epoch& epoch);
  error refuse(refusal why);

  encrypt_mode mode_;
  cluster::sealer sealer_;
  counts counts_;
};

}  // namespace oklog::cluster
