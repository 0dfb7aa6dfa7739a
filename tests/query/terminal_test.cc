#include "oklog/query/terminal.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace std::string_literals;

TEST_CASE("terminal: what could drive a terminal is shown, the rest passes", "[query]") {
  const std::pair<std::string, std::string> rows[] = {
      {"plain text", "plain text"},
      {"tab\there", "tab\there"},
      {"λόγος É 日本 😀", "λόγος É 日本 😀"},
      {"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
      {"\x1b[2J", "\\x1b[2J"},
      {"\x9b"
       "2J",
       "\\x9b2J"},
      {"\xc2\x9b"
       "2J",
       "\\u{9b}2J"},
      {"\xe2\x80\xae"
       "abc",
       "\\u{202e}abc"},
      {"\xe2\x81\xa6", "\\u{2066}"},
      {"\xe2\x80\xa8", "\\u{2028}"},
      {"a\0b"s, "a\\x00b"},
      {"del\x7f", "del\\x7f"},
      {"\xff\xc3", "\\xff\\xc3"},
      {"\xc0\xaf", "\\xc0\\xaf"},
      {"a\nb", "a\\x0ab"},
      {"", ""},
  };
  for (const auto& [text, expected] : rows) CHECK(printable(text) == expected);
}

TEST_CASE("terminal: a CR before the line feed is not shown, another is", "[query]") {
  CHECK(printable("abc\r") == "abc");
  CHECK(printable("a\rb\r") == "a\\x0db");
  CHECK(printable("\r") == "");
}

TEST_CASE("terminal: colour sequences are dropped, and nothing else that ESC begins", "[query]") {
  CHECK(printable("\x1b[31mred\x1b[0m \x1b[1;38:5:7mx\x1b[m") == "red x");
  CHECK(printable("\x1b[31") == "\\x1b[31");
  CHECK(printable("\x1b[") == "\\x1b[");
  CHECK(printable("\x1b[?25m") == "\\x1b[?25m");
}

TEST_CASE("terminal: an excerpt is short, one line, and shows everything", "[query]") {
  CHECK(excerpt("abc") == "abc");
  CHECK(excerpt("a\tb\x1b[31m") == "a\\x09b\\x1b[31m");
  CHECK(excerpt(std::string(500, 'x'), 10) == "xxxxxxxxxx...");
  CHECK(excerpt(std::string(5000, '\n')).size() < 220);
}
