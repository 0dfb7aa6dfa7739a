// The keys that a cluster's nodes share: those of a key file. The first one seals what this node
// sends, all of them open what comes, so that a key is replaced in three steps without a gap: the
// new one behind the old on every node, then before it, then the old one away.
//
// Key bytes are wiped when their owner goes, and stand in no error and no log.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"

namespace oklog::cluster {

// 256 bits that are wiped in the end.
class secret {
 public:
  static constexpr std::size_t size = 32;

  secret() = default;
  secret(const secret&) = default;
  secret& operator=(const secret&) = default;
  ~secret();
  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  friend bool operator==(const secret&, const secret&) = default;

 private:
  std::array<std::uint8_t, size> bytes_{};
};

class keyring {
 public:
  static constexpr std::size_t keys_max = 16;

  // No keys: nothing can be sealed or opened.
  keyring() = default;
  // A file of one key a line: 32 bytes in base64, as `head -c 32 /dev/urandom | base64` prints
  // them. Blank lines and those that begin with # are passed over; a key that stands twice counts
  // once. Error: invalid; the sentence names the line and what was expected, never what was there.
  static result<keyring> parse(std::string_view text);

  bool empty() const { return keys_.empty(); }
  const std::vector<secret>& keys() const { return keys_; }

 private:
  std::vector<secret> keys_;
};

}  // namespace oklog::cluster
