#include "cmd/oklog/printer.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::cmd;

namespace {

std::string record(std::uint64_t seq, char mark, const std::string& line) {
  return format(ulid::make(1'700'000'000'000, 7, seq)) + mark + line + "\n";
}

std::string print(line_prefix prefix, bool terminal, const std::string& answer, std::size_t piece) {
  record_printer printer(prefix, terminal);
  std::string out;
  for (std::size_t at = 0; at < answer.size(); at += piece) {
    printer.feed(std::string_view(answer).substr(at, piece), out);
  }
  printer.finish(out);
  return out;
}

}  // namespace

TEST_CASE("printer: the line alone, however the answer is cut", "[cmd]") {
  const std::string answer = record(1, ' ', "one") + record(2, ' ', "") + record(3, ' ', "a b\r");
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    CHECK(print(line_prefix::none, false, answer, piece) == "one\n\na b\r\n");
  }
  CHECK(print(line_prefix::ulid, false, answer, 9) == answer);
}

TEST_CASE("printer: a line that was split comes out whole, a lone end stands alone", "[cmd]") {
  const std::string head(2000, 'x');
  CHECK(print(line_prefix::none, false, record(1, ' ', head) + record(2, '+', "end"), 100) ==
        head + "end\n");
  CHECK(print(line_prefix::none, false, record(1, ' ', head) + record(3, '+', "end"), 100) ==
        head + "\nend\n");
}

TEST_CASE("printer: raw in a pipe, safe on a terminal", "[cmd]") {
  const std::string line = "a\x1b]0;title\x07\tb\x1b[31mred\x1b[0m\r";
  CHECK(print(line_prefix::none, false, record(1, ' ', line), 1000) == line + "\n");
  const std::string shown = print(line_prefix::none, true, record(1, ' ', line), 1000);
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find('\r') == std::string::npos);
  CHECK(shown.find("\tbred\n") != std::string::npos);
}
