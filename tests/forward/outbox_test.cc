#include "oklog/forward/outbox.h"

#include <catch2/catch.hpp>

#include "oklog/base/prng.h"
#include "oklog/forward/backoff.h"

using namespace oklog;
using namespace std::chrono_literals;

namespace {

// Sends everything in pieces, losing the connection with probability 1/4 after each.
// Returns what each connection received.
std::vector<std::string> send_all(outbox& box, prng& random, std::size_t piece) {
  std::vector<std::string> connections(1);
  while (true) {
    const std::string_view next = box.next(piece);
    if (next.empty()) return connections;
    connections.back() += next;
    box.sent(next.size());
    if (random.chance(1, 4)) {
      box.reconnect();
      connections.emplace_back();
    }
  }
}

std::vector<std::string> whole_lines(const std::string& bytes) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (std::size_t lf = bytes.find('\n'); lf != std::string::npos; lf = bytes.find('\n', at)) {
    lines.push_back(bytes.substr(at, lf - at));
    at = lf + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("outbox: every byte of a line is kept: %, CR, NUL, no last line feed (D2, D3)",
          "[forward]") {
  outbox box("");
  const std::string input = std::string("100% done %d\r\n\n") + std::string("a\0b\n", 4) + "last";
  for (const char c : input) box.add(std::string_view(&c, 1));
  box.finish();
  CHECK(box.next(1000) == input + "\n");
  box.sent(input.size() + 1);
  CHECK(box.lines_sent() == 4);
  CHECK(box.unsent_bytes() == 0);
}

TEST_CASE("outbox: prefixes stand in front of each line, also of an empty one", "[forward]") {
  outbox box("A B ");
  box.add("x\n\ny");
  box.add("z");
  box.finish();
  CHECK(box.next(1000) == "A B x\nA B \nA B yz\n");
}

TEST_CASE("outbox: a growing line is held back until it is whole", "[forward]") {
  outbox box("");
  box.add("one\ntw");
  CHECK(box.next(1000) == "one\n");
  box.sent(4);
  CHECK(box.next(1000).empty());
  box.add("o\n");
  CHECK(box.next(1000) == "two\n");
}

TEST_CASE("outbox: no line is lost or torn at a reconnect, whole lines are not repeated (D7)",
          "[forward]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    prng random(seed);
    outbox box(seed % 2 ? "p " : "");
    std::string expected;
    for (int i = 0; i < 50; ++i) {
      const std::string line(random.below(40), static_cast<char>('a' + i % 26));
      expected += (seed % 2 ? "p " : "") + line + "\n";
      box.add(line + "\n");
    }
    box.finish();
    std::string received;
    for (const std::string& connection : send_all(box, random, 1 + random.below(30))) {
      for (const std::string& line : whole_lines(connection)) received += line + "\n";
    }
    REQUIRE(received == expected);
  }
}

TEST_CASE("outbox: a line of 10 MiB starts again from its beginning", "[forward]") {
  outbox box("");
  const std::string line(10 * 1024 * 1024, 'x');
  box.add(line);
  box.sent(box.next(3 * 1024 * 1024).size());
  box.reconnect();
  box.finish();
  CHECK(box.next(SIZE_MAX) == line + "\n");
  CHECK(box.broken_lines() == 0);
}

TEST_CASE("outbox: of an endless line only a bounded start is kept", "[forward]") {
  outbox box("");
  const std::string piece(1024 * 1024, 'x');
  for (int i = 0; i < 40; ++i) {
    box.add(piece);
    box.sent(box.next(SIZE_MAX).size());
  }
  box.reconnect();
  CHECK(box.broken_lines() == 1);
  box.add("end\n");
  CHECK(box.next(SIZE_MAX) == "end\n");
}

TEST_CASE("backoff: doubles from 16 ms to 1024 ms and begins anew", "[forward]") {
  backoff b;
  CHECK(b.next() == 16ms);
  CHECK(b.next() == 32ms);
  for (int i = 0; i < 20; ++i) b.next();
  CHECK(b.next() == 1024ms);
  b.reset();
  CHECK(b.next() == 16ms);
}
