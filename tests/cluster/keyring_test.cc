#include "oklog/cluster/keyring.h"

#include <catch2/catch.hpp>

#include "cluster/seal_keys.h"

namespace oklog::cluster {
namespace {

std::string refusal_of(const std::string& text) {
  const auto parsed = keyring::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == errc::invalid);
  return parsed.error().what;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("keyring: one key a line, in their order, with blank lines and comments", "[cluster]") {
  const auto r = keyring::parse("# the new one\n\n  " + key_text(7) + "\t\r\n \n" + key_text(200));
  REQUIRE(r);
  REQUIRE(r->keys().size() == 2);
  for (std::size_t i = 0; i < secret::size; ++i) {
    CHECK(r->keys()[0].data()[i] == 7);
    CHECK(r->keys()[1].data()[i] == 200);
  }
}

TEST_CASE("keyring: a key as the base64 tool prints it is read as its bytes", "[cluster]") {
  // The bytes 0 to 31.
  const auto r = keyring::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
  REQUIRE(r);
  for (std::size_t i = 0; i < secret::size; ++i) CHECK(r->keys()[0].data()[i] == i);
  const auto high = keyring::parse("//////////////////////////////////////////8=");
  REQUIRE(high);
  CHECK(high->keys()[0].data()[31] == 255);
}

TEST_CASE("keyring: a file without a key is refused, and an empty ring is empty", "[cluster]") {
  CHECK(keyring().empty());
  for (const std::string text : {"", "\n\n", "# nothing\n", "   "}) {
    CHECK(has(refusal_of(text), "expected at least one line with a key of 32 bytes in base64"));
  }
}

TEST_CASE("keyring: what is no key is refused by its line, and never shown", "[cluster]") {
  const std::string good = key_text(1);
  const std::string bad[] = {
      good.substr(0, 43),    // a character short, as of 31 bytes
      good + "=",            // one too many
      good.substr(4),        // 29 bytes
      "AAAA" + good,         // 35 bytes
      "*" + good.substr(1),  // not base64
      good.substr(0, 20) + " " + good.substr(21),
      good.substr(0, 42) + "F=",  // bits that no key sets
      good.substr(0, 42) + "==",
      "-_" + good.substr(2),  // the URL alphabet
      "\"" + good + "\"",
      std::string(1, '\0') + good,
      std::string(100000, 'A'),
  };
  for (const std::string& line : bad) {
    const std::string what = refusal_of("# first\n" + key_text(9) + "\n" + line + "\n");
    CHECK(has(what, "line 3: expected a key of 32 bytes in base64"));
    CHECK(has(what, std::to_string(line.size()) + " characters"));
    CHECK_FALSE(has(what, good.substr(10, 6)));
    CHECK_FALSE(has(what, "AAAA"));
    CHECK(what.size() < 200);
  }
}

TEST_CASE("keyring: at most 16 keys; one that stands twice counts once", "[cluster]") {
  std::string text;
  for (unsigned char i = 0; i < 16; ++i) text += key_text(i) + "\n";
  CHECK(keyring::parse(text));
  const auto twice = keyring::parse(text + key_text(3) + "\n");
  REQUIRE(twice);
  CHECK(twice->keys().size() == 16);
  CHECK(has(refusal_of(text + key_text(16) + "\n"), "line 17: expected at most 16 keys"));
}

}  // namespace oklog::cluster
