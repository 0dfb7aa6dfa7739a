#include "oklog/query/match_marker.h"

#include <catch2/catch.hpp>

using namespace oklog;

namespace {

// The line with what matches in brackets.
std::string marked(const std::vector<std::string>& patterns, const match_options& options,
                   const std::string& line) {
  const auto m = match_marker::make(patterns, options);
  REQUIRE(m);
  std::vector<text_span> spans;
  m->find(line, spans);
  std::string out;
  std::size_t at = 0;
  for (const text_span& s : spans) {
    REQUIRE(s.begin >= at);
    REQUIRE(s.end > s.begin);
    out += line.substr(at, s.begin - at) + "[" + line.substr(s.begin, s.end - s.begin) + "]";
    at = s.end;
  }
  return out + line.substr(at);
}

}  // namespace

TEST_CASE("match marker: literals, the longest of those at one place", "[query]") {
  CHECK(marked({"a"}, {}, "banana") == "b[a]n[a]n[a]");
  CHECK(marked({"an", "anan", "b"}, {}, "banana") == "[b][anan]a");
  CHECK(marked({"."}, {}, "a.b") == "a[.]b");
  CHECK(marked({""}, {}, "abc") == "abc");
  CHECK(marked({}, {}, "abc") == "abc");
  CHECK(marked({"", "b"}, {}, "abc") == "a[b]c");
  CHECK(marked({std::string("\0x", 2)}, {}, std::string("a\0xb", 4)) == std::string("a[\0x]b", 6));
}

TEST_CASE("match marker: any bytes, and -i as the matcher has it", "[query]") {
  CHECK(marked({"\xff"}, {}, "a\xff\xfe") == "a[\xff]\xfe");
  CHECK(marked({"é"}, {}, "éÉ") == "[é]É");
  CHECK(marked({"é"}, {.ignore_case = true}, "éÉ") == "[é][É]");
  CHECK(marked({"k"}, {.ignore_case = true}, "kK\u212a") == "[k][K][\u212a]");
  CHECK(marked({"\xffk"}, {.ignore_case = true}, "\xffk\xffK\xff\u212a") ==
        "[\xffk][\xffK]\xff\u212a");
}

TEST_CASE("match marker: regexes, without what is empty", "[query]") {
  const match_options regex{.regex = true};
  CHECK(marked({"a*"}, regex, "baac") == "b[aa]c");
  CHECK(marked({"^a"}, regex, "aaa") == "[a]aa");
  CHECK(marked({"a$"}, regex, "aaa") == "aa[a]");
  CHECK(marked({"\\d+", "b."}, regex, "a12b3") == "a[12][b3]");
  CHECK(marked({"e.*?r"}, regex, "error er") == "[er]ror [er]");
  CHECK_FALSE(match_marker::make({"("}, regex));
}

TEST_CASE("printable: marks stand where characters and escapes begin and end", "[query]") {
  const auto shown = [](const std::string& line, const std::vector<text_span>& spans) {
    std::string out;
    append_printable(out, line, spans, "[", "]");
    return out;
  };
  CHECK(shown("abc", {{1, 2}}) == "a[b]c");
  CHECK(shown("abc", {{0, 1}, {2, 3}}) == "[a]b[c]");
  CHECK(shown("a\tb\x01", {{1, 2}, {3, 4}}) == "a[\t]b[\\x01]");
  CHECK(shown("é", {{0, 1}}) == "[é]");
  CHECK(shown("aéb", {{2, 3}}) == "aéb");
  CHECK(shown("a\x1b[31mb", {{0, 7}}) == "[ab]");
  CHECK(shown("ab\r", {{1, 3}}) == "a[b]");
  CHECK(shown("", {}).empty());
}
