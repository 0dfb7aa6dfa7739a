#include "cmd/oklog/printer.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::cmd;

namespace {

std::string record(std::uint64_t seq, char mark, const std::string& line) {
  return format(ulid::make(1'700'000'000'000, 7, seq)) + mark + line + "\n";
}

std::string print(line_prefix prefix, const painter& look, const std::string& answer,
                  std::size_t piece = 1000) {
  record_printer printer(prefix, look);
  std::string out;
  for (std::size_t at = 0; at < answer.size(); at += piece) {
    printer.feed(std::string_view(answer).substr(at, piece), out);
  }
  printer.finish(out);
  return out;
}

painter::options look(bool safe, const std::string& marked = {}) {
  painter::options o;
  o.safe = safe;
  o.color = !marked.empty();
  if (!marked.empty()) {
    auto m = match_marker::make({marked}, {.regex = true});
    REQUIRE(m);
    o.marker = std::make_shared<const match_marker>(std::move(*m));
  }
  return o;
}

const std::string on = "\x1b[01;31m\x1b[K";
const std::string off = "\x1b[m\x1b[K";

}  // namespace

TEST_CASE("printer: the line alone, however the answer is cut", "[cmd]") {
  const std::string answer = record(1, ' ', "one") + record(2, ' ', "") + record(3, ' ', "a b\r");
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    CHECK(print(line_prefix::none, painter(), answer, piece) == "one\n\na b\r\n");
  }
  CHECK(print(line_prefix::ulid, painter(), answer, 9) == answer);
}

TEST_CASE("printer: a line that was split comes out whole, a lone end stands alone", "[cmd]") {
  const std::string head(2000, 'x');
  CHECK(print(line_prefix::none, painter(), record(1, ' ', head) + record(2, '+', "end"), 100) ==
        head + "end\n");
  CHECK(print(line_prefix::none, painter(), record(1, ' ', head) + record(3, '+', "end"), 100) ==
        head + "\nend\n");
}

TEST_CASE("printer: context has its mark behind the prefix, gaps a line; neither is counted",
          "[cmd]") {
  const std::string answer =
      record(1, '-', "before") + record(2, ' ', "match") + "--\n" + record(9, ' ', "other");
  record_printer printer(line_prefix::none, painter());
  std::string out;
  printer.feed(answer, out);
  printer.finish(out);
  CHECK(out == "before\nmatch\n--\nother\n");
  CHECK(printer.records() == 2);
  CHECK(print(line_prefix::ulid, painter(), answer) == answer);
}

TEST_CASE("printer: raw in a pipe, safe on a terminal", "[cmd]") {
  const std::string line = "a\x1b]0;title\x07\tb\x1b[31mred\x1b[0m\r";
  CHECK(print(line_prefix::none, painter(), record(1, ' ', line)) == line + "\n");
  const std::string shown = print(line_prefix::none, painter(look(true)), record(1, ' ', line));
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find('\r') == std::string::npos);
  CHECK(shown.find("\tbred\n") != std::string::npos);
}

TEST_CASE("painter: what matches is red, in the line itself and in its escaped form", "[cmd]") {
  const painter plain(look(false, "e[rd]"));
  CHECK(print(line_prefix::none, plain, record(1, ' ', "an error, red")) ==
        "an " + on + "er" + off + "ror, r" + on + "ed" + off + "\n");
  const painter safe(look(true, "\x1b.|b+"));
  CHECK(print(line_prefix::none, safe, record(1, ' ', "a\x1b]bb\x07\r")) ==
        "a" + on + "\\x1b]" + off + on + "bb" + off + "\\x07\n");
  // A match that lies in a colour sequence, which is not shown, leaves nothing open.
  const painter hidden(look(true, "31"));
  CHECK(print(line_prefix::none, hidden, record(1, ' ', "a\x1b[31mred")) == "ared\n");
}

TEST_CASE("painter: colours leave every other byte as it is", "[cmd]") {
  const painter marked(look(false, "."));
  const std::string line = "\xff\x1b[1m\xc3\xa9";
  std::string shown = print(line_prefix::none, marked, record(1, ' ', line));
  for (const std::string& code : {on, off}) {
    for (std::size_t at = shown.find(code); at != shown.npos; at = shown.find(code)) {
      shown.erase(at, code.size());
    }
  }
  CHECK(shown == line + "\n");
}

TEST_CASE("painter: with -invert what matches is marked in context alone", "[cmd]") {
  painter::options o = look(false, "x");
  o.mark_context = true;
  CHECK(print(line_prefix::none, painter(o), record(1, ' ', "ax") + record(2, '-', "bx")) ==
        "ax\nb" + on + "x" + off + "\n");
}

TEST_CASE("color: auto wants a terminal, and no NO_COLOR", "[cmd]") {
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  CHECK(wants_color(color_choice::automatic, true));
  CHECK_FALSE(wants_color(color_choice::automatic, false));
  ::setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(wants_color(color_choice::automatic, true));
  CHECK(wants_color(color_choice::always, false));
  ::setenv("NO_COLOR", "", 1);
  CHECK(wants_color(color_choice::automatic, true));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  CHECK_FALSE(wants_color(color_choice::automatic, true));
  CHECK_FALSE(wants_color(color_choice::never, true));
  CHECK_FALSE(parse_color("yes"));
}
