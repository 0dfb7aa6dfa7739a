#include "oklog/cluster/packet_guard.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "cluster/seal_keys.h"

namespace oklog::cluster {
namespace {

using namespace std::chrono_literals;

packet_guard guard(encrypt_mode mode, keyring keys, std::uint8_t number) {
  seal_epoch epoch{};
  epoch[0] = number;
  auto made = packet_guard::make(mode, std::move(keys), epoch);
  REQUIRE(made);
  return std::move(*made);
}

std::string pass(packet_guard& from, packet_guard& to, wall_time now = noon) {
  const auto got = to.unwrap(now, from.wrap(now, "text"));
  return got ? *got : got.error().what;
}

std::uint64_t refused(const packet_guard& g, refusal why) {
  return g.count().refused[static_cast<std::size_t>(why)];
}

}  // namespace

TEST_CASE("packet guard: plain packets are two bytes and the text", "[cluster]") {
  auto a = guard(encrypt_mode::off, keyring(), 1);
  CHECK(a.wrap(noon, "text") == "O\x01text");
  CHECK(a.overhead() == 2);
  CHECK(a.wrap(noon, "").size() == a.overhead());
  CHECK(a.unwrap(noon, a.wrap(noon, "")).value().empty());
  CHECK(a.count().plain == 1);
}

TEST_CASE("packet guard: sealed packets are as much longer as it says", "[cluster]") {
  for (const auto mode : {encrypt_mode::send, encrypt_mode::require}) {
    auto a = guard(mode, ring({1}), 1);
    CHECK(a.seals());
    CHECK(a.wrap(noon, "text").size() == 4 + a.overhead());
    CHECK(a.wrap(noon, "text").find("text") == std::string::npos);
  }
}

TEST_CASE("packet guard: who takes what from whom, for each two modes", "[cluster]") {
  const encrypt_mode modes[] = {encrypt_mode::off, encrypt_mode::send, encrypt_mode::require};
  for (const auto from_mode : modes) {
    for (const auto to_mode : modes) {
      auto from = guard(from_mode, ring({1}), 1);
      auto to = guard(to_mode, ring({1}), 2);
      const bool taken = from_mode != encrypt_mode::off || to_mode != encrypt_mode::require;
      CHECK(pass(from, to) == (taken ? "text" : "packet refused: plain"));
      CHECK(to.count().sealed == (from_mode != encrypt_mode::off ? 1 : 0));
      CHECK(to.count().plain == (from_mode == encrypt_mode::off && taken ? 1 : 0));
      CHECK(refused(to, refusal::plain) == (taken ? 0 : 1));
    }
  }
  auto without = guard(encrypt_mode::off, keyring(), 3);
  auto sealed = guard(encrypt_mode::send, ring({1}), 4);
  CHECK(pass(sealed, without) == "packet refused: unknown_key");
  CHECK(pass(without, sealed) == "text");
}

TEST_CASE("packet guard: a cluster is sealed, and unsealed again, node by node without a loss",
          "[cluster]") {
  struct step {
    encrypt_mode mode;
    keyring keys;
  };
  std::vector<step> steps{
      {encrypt_mode::off, keyring()},        {encrypt_mode::off, ring({1})},
      {encrypt_mode::send, ring({1})},       {encrypt_mode::require, ring({1})},
      {encrypt_mode::require, ring({1, 2})}, {encrypt_mode::require, ring({2, 1})},
      {encrypt_mode::require, ring({2})},    {encrypt_mode::send, ring({2})},
      {encrypt_mode::off, ring({2})},        {encrypt_mode::off, keyring()}};
  std::vector<packet_guard> nodes;
  for (std::uint8_t i = 0; i < 3; ++i) nodes.push_back(guard(steps[0].mode, steps[0].keys, i));
  std::uint8_t epoch = 10;  // each step is a restart
  for (const step& s : steps) {
    for (std::size_t restarted = 0; restarted < nodes.size(); ++restarted) {
      std::vector<packet_guard> after;
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        after.push_back(i == restarted ? guard(s.mode, s.keys, epoch++) : std::move(nodes[i]));
      }
      nodes = std::move(after);
      for (auto& from : nodes) {
        for (auto& to : nodes) CHECK(pass(from, to) == "text");
      }
    }
  }
}

TEST_CASE("packet guard: each refusal is counted by its reason", "[cluster]") {
  auto a = guard(encrypt_mode::require, ring({1}), 1);
  auto b = guard(encrypt_mode::require, ring({1}), 2);
  auto plain = guard(encrypt_mode::off, keyring(), 3);
  auto other = guard(encrypt_mode::require, ring({9}), 4);
  const std::string packet = a.wrap(noon, "text");
  CHECK_FALSE(b.unwrap(noon + 61s, packet));
  CHECK(b.unwrap(noon, packet));
  CHECK_FALSE(b.unwrap(noon, packet));
  CHECK_FALSE(b.unwrap(noon, plain.wrap(noon, "text")));
  CHECK_FALSE(b.unwrap(noon, other.wrap(noon, "text")));
  for (const std::string bytes :
       {"", "O", "O\x02", "O\x03something else altogether, of some length",
        "GET / HTTP/1.1\r\nHost: nobody.example.org\r\n\r\n"}) {
    const auto got = b.unwrap(noon, bytes);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::invalid);
  }
  CHECK(refused(b, refusal::malformed) == 5);
  CHECK(refused(b, refusal::unknown_key) == 1);
  CHECK(refused(b, refusal::replayed) == 1);
  CHECK(refused(b, refusal::stale) == 1);
  CHECK(refused(b, refusal::plain) == 1);
  CHECK(b.count().sealed == 1);
  CHECK(b.count().plain == 0);
}

TEST_CASE("packet guard: a mode that seals needs a key, also when keys are read again",
          "[cluster]") {
  for (const auto mode : {encrypt_mode::send, encrypt_mode::require}) {
    const auto none = packet_guard::make(mode, keyring(), seal_epoch{});
    REQUIRE_FALSE(none);
    CHECK(none.error().code == errc::invalid);
    auto a = guard(mode, ring({1}), 1);
    auto b = guard(mode, ring({1}), 2);
    CHECK_FALSE(a.reload(keyring()));
    CHECK(pass(a, b) == "text");
    CHECK(pass(b, a) == "text");
    CHECK(a.reload(ring({2, 1})));
    CHECK(b.reload(ring({1, 2})));
    CHECK(pass(a, b) == "text");
    CHECK(pass(b, a) == "text");
  }
  auto off = guard(encrypt_mode::off, ring({1}), 3);
  CHECK(off.reload(keyring()));
}

TEST_CASE("packet guard: what was taken before the keys were read again is not taken again",
          "[cluster]") {
  auto a = guard(encrypt_mode::send, ring({1}), 1);
  auto b = guard(encrypt_mode::send, ring({1}), 2);
  const std::string packet = a.wrap(noon, "text");
  CHECK(b.unwrap(noon, packet));
  CHECK(b.reload(ring({2, 1})));
  const auto again = b.unwrap(noon, packet);
  REQUIRE_FALSE(again);
  CHECK(again.error().what == "packet refused: replayed");
}

}  // namespace oklog::cluster
