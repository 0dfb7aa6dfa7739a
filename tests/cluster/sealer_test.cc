#include "oklog/cluster/sealer.h"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "cluster/seal_keys.h"

namespace oklog::cluster {
namespace {

using namespace std::chrono_literals;

seal_epoch epoch(std::uint32_t number) {
  seal_epoch e{};
  for (std::size_t i = 0; i < 4; ++i) e[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return e;
}

// "ok:" and the text, or the refusal.
std::string open(sealer& by, std::string_view packet, wall_time now = noon) {
  const auto opened = by.open(now, packet);
  if (const auto* why = std::get_if<refusal>(&opened)) return std::string(name(*why));
  return "ok:" + std::get<std::string>(opened);
}

std::vector<std::string> seal_many(sealer& by, std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i <= count; ++i) out.push_back(by.seal(noon, std::to_string(i)));
  return out;
}

}  // namespace

TEST_CASE("seal: what is sealed opens to the same bytes, and shows none of them", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  for (const std::size_t size : {0, 1, 15, 16, 17, 1400, 65000}) {
    const std::string text(size, 'x');
    const std::string packet = a.seal(noon, text);
    CHECK(packet.size() == size + sealer::overhead);
    if (size > 4) CHECK(packet.find("xxxx") == std::string::npos);
    CHECK(open(b, packet) == "ok:" + text);
  }
}

TEST_CASE("seal: the layout is the documented one", "[cluster]") {
  seal_epoch e;
  for (std::size_t i = 0; i < e.size(); ++i) e[i] = static_cast<std::uint8_t>(0xa0 + i);
  sealer a(ring({1}), e);
  (void)a.seal(noon, "");
  const std::string packet = a.seal(noon, "abc");
  REQUIRE(packet.size() == 2 + 16 + 8 + 4 + 3 + 16);
  const std::string head(
      "O\x02\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf"
      "\x02\0\0\0\0\0\0\0\x00\xd2\x49\x6b",
      30);
  CHECK(packet.substr(0, 30) == head);
}

TEST_CASE("seal: cipher, key and nonce are those that the documentation names", "[cluster]") {
  // Made with another implementation of AES-256-GCM and HMAC-SHA256.
  sealer a(ring({1}), epoch(1));
  CHECK(open(a, std::string("O\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
                            "\x00\xd2\x49\x6b"
                            "\x55\x54\x85\xfe\x17\xf4\xb7\xc9\x33\xfe\x7a\x18\x4c\xcf\xf5\xa3\xe0"
                            "\xb5\x97\xba\x83",
                            30 + 5 + 16)) == "ok:hello");
}

TEST_CASE("seal: equal texts give different packets, in one epoch and in two", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  std::set<std::string> bodies;
  for (int i = 0; i < 100; ++i) {
    bodies.insert(a.seal(noon, "same text").substr(sealer::head_bytes));
    bodies.insert(b.seal(noon, "same text").substr(sealer::head_bytes));
  }
  CHECK(bodies.size() == 200);
}

TEST_CASE("seal: a packet that was changed anywhere is refused, and spoils nothing", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  const std::string packet = a.seal(noon, "membership");
  for (std::size_t at = 0; at < packet.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = packet;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      INFO("byte " << at << ", bit " << bit);
      const bool no_counter = at == 18 && bit == 0;  // it was 1
      CHECK(open(b, changed) == (at < 2 || no_counter ? "malformed" : "unknown_key"));
    }
  }
  CHECK(open(b, packet) == "ok:membership");
}

TEST_CASE("seal: a packet that was cut or lengthened is refused", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  const std::string packet = a.seal(noon, "membership");
  for (std::size_t size = 0; size < packet.size(); ++size) {
    INFO(size);
    CHECK(open(b, packet.substr(0, size)) ==
          (size < sealer::overhead ? "malformed" : "unknown_key"));
  }
  CHECK(open(b, packet + '\0') == "unknown_key");
  CHECK(open(b, std::string(sealer::packet_bytes_max + 1, 'O')) == "malformed");
  CHECK(open(b, packet) == "ok:membership");
}

TEST_CASE("seal: another cluster's key opens nothing, no key opens nothing", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer other(ring({2}), epoch(2));
  sealer none(keyring(), epoch(3));
  const std::string packet = a.seal(noon, "x");
  CHECK(open(other, packet) == "unknown_key");
  CHECK(open(none, packet) == "unknown_key");
}

TEST_CASE("seal: the first key seals, all open; a removed one opens no more", "[cluster]") {
  sealer old_one(ring({1}), epoch(1));
  sealer b(ring({2, 1, 3}), epoch(2));
  sealer third(ring({3}), epoch(3));
  CHECK(open(b, old_one.seal(noon, "1")) == "ok:1");
  CHECK(open(b, third.seal(noon, "3")) == "ok:3");
  CHECK(open(old_one, b.seal(noon, "x")) == "unknown_key");
  old_one.reload(ring({1, 2}));
  CHECK(open(old_one, b.seal(noon, "x")) == "ok:x");
  b.reload(ring({2, 3}));
  CHECK(open(b, old_one.seal(noon, "1")) == "unknown_key");
  CHECK(open(b, third.seal(noon, "3")) == "ok:3");
}

TEST_CASE("seal: a key is replaced under traffic and nothing is lost", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  const auto talk = [&] {
    CHECK(open(b, a.seal(noon, "to b")) == "ok:to b");
    CHECK(open(a, b.seal(noon, "to a")) == "ok:to a");
  };
  sealer* const nodes[] = {&a, &b};
  talk();
  for (const keyring& step : {ring({1, 2}), ring({2, 1}), ring({2})}) {
    for (sealer* node : nodes) {
      const std::string on_the_way = a.seal(noon, "on the way");
      node->reload(step);
      CHECK(open(b, on_the_way) == "ok:on the way");
      talk();
    }
  }
}

TEST_CASE("seal: each packet is taken once, also after the keys are read again", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  const std::string packet = a.seal(noon, "x");
  CHECK(open(b, packet) == "ok:x");
  CHECK(open(b, packet) == "replayed");
  b.reload(ring({2, 1}));
  CHECK(open(b, packet) == "replayed");
  CHECK(open(b, a.seal(noon, "y")) == "ok:y");
  CHECK(open(b, packet) == "replayed");
}

TEST_CASE("seal: in any order within the window each is taken once", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  std::vector<std::string> packets = seal_many(a, 3 * sealer::window);
  prng random(7);
  // Shuffled in pieces of half a window: none falls further behind than the window.
  for (std::size_t at = 0; at < packets.size(); at += sealer::window / 2) {
    std::vector<std::string> piece(
        packets.begin() + static_cast<std::ptrdiff_t>(at),
        packets.begin() + static_cast<std::ptrdiff_t>(at + sealer::window / 2));
    random.shuffle(piece);
    for (const std::string& p : piece) CHECK(open(b, p).starts_with("ok:"));
    for (const std::string& p : piece) CHECK(open(b, p) == "replayed");
  }
}

TEST_CASE("seal: the window holds the highest counter and 1023 before it", "[cluster]") {
  const std::size_t w = sealer::window;
  for (const std::size_t ahead : {std::size_t{0}, std::size_t{1}, w - 1, w, w + 1, 5 * w}) {
    INFO(ahead);
    sealer a(ring({1}), epoch(1));
    sealer b(ring({1}), epoch(2));
    const auto packets = seal_many(a, w + 1 + ahead);
    CHECK(open(b, packets[0]) == "ok:1");
    CHECK(open(b, packets.back()).starts_with("ok:"));
    // The oldest that may come, and the one before it.
    CHECK(open(b, packets[packets.size() - w]).starts_with("ok:"));
    CHECK(open(b, packets[packets.size() - w - 1]) == "replayed");
    CHECK(open(b, packets[packets.size() - 2]).starts_with("ok:"));
    CHECK(open(b, packets.back()) == "replayed");
  }
}

TEST_CASE("seal: a stranger's clock may differ by a minute, either way", "[cluster]") {
  for (const auto& [apart, taken] :
       {std::pair(60s, true), std::pair(-60s, true), std::pair(61s, false), std::pair(-61s, false),
        std::pair(86400s, false)}) {
    sealer a(ring({1}), epoch(1));
    sealer b(ring({1}), epoch(2));
    INFO(apart.count());
    CHECK(open(b, a.seal(noon, "x"), noon + apart) == (taken ? "ok:x" : "stale"));
    // Who was refused is a stranger still, and is taken when the clocks agree.
    CHECK(open(b, a.seal(noon, "y")) == "ok:y");
  }
}

TEST_CASE("seal: whose first packet was taken is not asked for the time again", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  CHECK(open(b, a.seal(noon, "1")) == "ok:1");
  CHECK(open(b, a.seal(noon - 24h, "2")) == "ok:2");
  CHECK(open(b, a.seal(noon, "3"), noon + 8760h) == "ok:3");
}

TEST_CASE("seal: an old recording of a sender that is not remembered is stale", "[cluster]") {
  sealer a(ring({1}), epoch(1));
  const std::string recorded = a.seal(noon, "x");
  sealer restarted(ring({1}), epoch(2));
  CHECK(open(restarted, recorded, noon + 61s) == "stale");
}

TEST_CASE("seal: the clock's 32 bits may overflow", "[cluster]") {
  constexpr wall_time overflow{std::chrono::seconds(std::int64_t{1} << 32)};
  sealer a(ring({1}), epoch(1));
  sealer b(ring({1}), epoch(2));
  CHECK(open(b, a.seal(overflow - 10s, "x"), overflow + 10s) == "ok:x");
  sealer c(ring({1}), epoch(3));
  CHECK(open(b, c.seal(overflow - 100s, "x"), overflow + 10s) == "stale");
  sealer d(ring({1}), epoch(4));
  CHECK(open(b, d.seal(wall_time(-5s), "x"), wall_time(5s)) == "ok:x");
}

TEST_CASE("seal: of more senders than it remembers the longest unused goes", "[cluster]") {
  sealer b(ring({1}), epoch(0));
  std::vector<std::string> first;
  for (std::uint32_t i = 1; i <= sealer::epochs_max; ++i) {
    sealer sender(ring({1}), epoch(i));
    first.push_back(sender.seal(noon, "x"));
    REQUIRE(open(b, first.back()) == "ok:x");
    if (i == 1) {
      // A word from the first one now and then: see below.
      first.push_back(sender.seal(noon, "x"));
    }
  }
  CHECK(open(b, first[1]) == "ok:x");  // sender 1 again; the longest unused is sender 2
  sealer one_more(ring({1}), epoch(1'000'000));
  CHECK(open(b, one_more.seal(noon, "x")) == "ok:x");
  CHECK(open(b, first[0]) == "replayed");
  CHECK(open(b, first[3]) == "replayed");
  CHECK(open(b, first[2], noon + 61s) == "stale");  // sender 2 is a stranger again
}

TEST_CASE("seal: an epoch is drawn anew each time", "[cluster]") {
  prng random(1);
  std::set<seal_epoch> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(draw_epoch(random));
  CHECK(drawn.size() == 1000);
}

}  // namespace oklog::cluster
