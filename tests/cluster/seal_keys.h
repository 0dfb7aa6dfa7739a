// Keys for tests of the seal.
#pragma once

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>

#include "oklog/base/time.h"
#include "oklog/cluster/keyring.h"

namespace oklog::cluster {

inline constexpr wall_time noon{std::chrono::seconds(1'800'000'000)};

// Base64 of 32 bytes `fill`.
inline std::string key_text(unsigned char fill) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;
  for (int i = 0; i < 32; ++i) {
    for (int b = 7; b >= 0; --b) bits.push_back(static_cast<char>('0' + ((fill >> b) & 1)));
  }
  bits += "00";
  std::string out;
  for (std::size_t at = 0; at < bits.size(); at += 6) {
    out.push_back(alphabet[std::stoul(bits.substr(at, 6), nullptr, 2)]);
  }
  return out + "=";
}

// The first one seals.
inline keyring ring(std::initializer_list<unsigned char> fills) {
  std::string text;
  for (const unsigned char fill : fills) text += key_text(fill) + "\n";
  auto parsed = keyring::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace oklog::cluster
