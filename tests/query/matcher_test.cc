#include "oklog/query/matcher.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "oklog/base/prng.h"

using namespace oklog;

namespace {

matcher must(const std::string& pattern, bool regex) {
  auto m = matcher::make(pattern, regex);
  REQUIRE(m);
  return std::move(*m);
}

batch batch_of(const std::vector<std::string>& lines) {
  batch b;
  const std::uint32_t topic = b.topic_index("default");
  std::uint64_t seq = 0;
  for (const std::string& line : lines) b.add(ulid::make(1000, 7, ++seq), topic, line);
  return b;
}

// The texts that a search of the whole batch finds.
std::vector<std::string> found(const matcher& m, const std::vector<std::string>& lines) {
  const batch b = batch_of(lines);
  std::vector<text_hit> hits;
  m.find(b, hits);
  std::vector<std::string> out;
  for (const text_hit& h : hits) {
    out.push_back(b.text().substr(h.begin, h.size));
    CHECK(out.back() == lines[h.record]);
  }
  return out;
}

// The texts that match one by one: the definition.
std::vector<std::string> alone(const matcher& m, const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  for (const std::string& line : lines) {
    if (m.matches(line)) out.push_back(line);
  }
  return out;
}

std::string error_of(const std::string& pattern) {
  auto m = matcher::make(pattern, true);
  REQUIRE(!m);
  CHECK(m.error().code == errc::invalid);
  return m.error().what;
}

using texts = std::vector<std::string>;

// Patterns in which a search over line ends goes wrong, and ordinary ones.
const texts tricky_patterns{"a",
                            "^a",
                            "a$",
                            "^a$",
                            "^$",
                            "^",
                            "$",
                            "a[^b]*c",
                            "(?s)a.*c",
                            "(?s).",
                            "a\\nb",
                            "\\n",
                            "[^a]",
                            "\\Aa",
                            "a\\z",
                            "\\A\\z",
                            "(?-m)^a",
                            "(?-m:a$)",
                            "(?m)^b$",
                            "(?i)A.C",
                            "\\s",
                            "\\S\\s\\S",
                            "\\W",
                            "[[:space:]]b",
                            "\\bab\\b",
                            "\\B",
                            "a|^b|c$",
                            "(a*)*b",
                            "[\\x00-\\x20]",
                            "\\x{a}",
                            "(?U)a.*c",
                            "[^\\n]a",
                            "a\\s*b",
                            "(?s:a.)$",
                            "\\pL+c",
                            "\\PLa",
                            "x*",
                            "(?:a|b)+?",
                            "\\Q\\A\\Ea",
                            "[\\s\\S]b",
                            "\\C",
                            "É",
                            "[É-ü]a",
                            ".",
                            "a.b",
                            "(^|b)c",
                            "c(b|$)",
                            "\\t"};

}  // namespace

TEST_CASE("matcher: an empty pattern is everything, empty lines too", "[query]") {
  for (const bool regex : {false, true}) {
    const matcher m = must("", regex);
    CHECK(m.everything());
    CHECK(found(m, {"", "a", ""}) == texts{"", "a", ""});
  }
}

TEST_CASE("matcher: a literal is found wherever it stands, and each line once", "[query]") {
  const matcher m = must("ab", false);
  CHECK(found(m, {"ab", "xab", "abab", "", "a", "b", "ba", "x ab y"}) ==
        texts{"ab", "xab", "abab", "x ab y"});
  CHECK(found(m, {"a", "b"}).empty());
}

TEST_CASE("matcher: a literal's characters have no meaning", "[query]") {
  CHECK(found(must("a.*[", false), {"a.*[", "axx["}) == texts{"a.*["});
}

TEST_CASE("matcher: a literal may hold NUL and bytes that are not UTF-8", "[query]") {
  using namespace std::string_literals;
  CHECK(found(must("a\0b"s, false), {"xa\0b"s, "ab"}) == texts{"xa\0b"s});
  CHECK(found(must("\xff\xfe", false), {"1\xff\xfe", "\xff"}) == texts{"1\xff\xfe"});
}

TEST_CASE("matcher: a literal with a line feed finds only records that hold one (K21)", "[query]") {
  const matcher m = must("a\nb", false);
  CHECK(found(m, {"a", "b"}).empty());
  CHECK(found(m, {"a", "xa\nby", "b"}) == texts{"xa\nby"});
}

TEST_CASE("matcher: ^ and $ are the record's ends (K21)", "[query]") {
  CHECK(found(must("^b", true), {"ab", "b", "bc"}) == texts{"b", "bc"});
  CHECK(found(must("b$", true), {"ab", "b", "bc"}) == texts{"ab", "b"});
  CHECK(found(must("^$", true), {"a", "", "b", ""}) == texts{"", ""});
  CHECK(found(must("\\Ab\\z", true), {"ab", "b", "bc"}) == texts{"b"});
  // Also of a record with line feeds, whose inner lines are no ends.
  CHECK(found(must("^b", true), {"a\nb", "b\na"}) == texts{"b\na"});
}

TEST_CASE("matcher: a match never runs over a record's end (K21)", "[query]") {
  CHECK(found(must("a[^b]*c", true), {"a", "axc", "c"}) == texts{"axc"});
  CHECK(found(must("(?s)a.*c", true), {"a", "c", "a c"}) == texts{"a c"});
  CHECK(found(must("a\\nc", true), {"a", "c"}).empty());
}

TEST_CASE("matcher: the search of many lines equals asking each alone (K21)", "[query]") {
  prng random(21);
  const std::string_view alphabet[] = {"a",  "b", "c",    "A", " ",   "\t",
                                       "\r", "É", "\xff", "x", "\xc3"};
  for (const std::string& pattern : tricky_patterns) {
    INFO("pattern " << pattern);
    const matcher m = must(pattern, true);
    for (int round = 0; round < 60; ++round) {
      const bool with_line_feeds = round % 4 == 0;
      texts lines(1 + random.below(12));
      for (std::string& line : lines) {
        for (std::uint64_t n = random.below(6); n > 0; --n) {
          line += with_line_feeds && random.chance(1, 5)
                      ? "\n"
                      : alphabet[random.below(std::size(alphabet))];
        }
      }
      CHECK(found(m, lines) == alone(m, lines));
    }
  }
}

TEST_CASE("matcher: a text that is not so many lines asks for its columns", "[query]") {
  std::vector<text_hit> hits;
  CHECK(must("a", false).find_lines("a\nb\n", 2, hits));
  CHECK(hits == std::vector<text_hit>{{0, 0, 1}});
  CHECK_FALSE(must("a", false).find_lines("a\nb\n", 1, hits));
  CHECK_FALSE(must("a", true).find_lines("a\nb\n", 3, hits));
  CHECK_FALSE(must("a", true).find_lines("a\nb", 2, hits));
  CHECK_FALSE(must("a", false).find_lines("a", 1, hits));
  CHECK(hits.size() == 1);
}

TEST_CASE("matcher: a regex matches what is valid beside invalid UTF-8", "[query]") {
  CHECK(found(must("É[0-9]", true), {"\xff É7 \xff", "\xc3", "E7"}) == texts{"\xff É7 \xff"});
  CHECK(found(must("a.b", true), {"a\xff"
                                  "b",
                                  "aÉb"}) == texts{"aÉb"});
}

TEST_CASE("matcher: a wrong regex is refused in Go's words", "[query]") {
  CHECK(error_of("(") == "compiling regex: error parsing regexp: missing closing ): `(`");
  CHECK(error_of("[a") == "compiling regex: error parsing regexp: missing closing ]: `[a`");
  CHECK(error_of("*a") ==
        "compiling regex: error parsing regexp: missing argument to repetition operator: `*`");
  CHECK(error_of("a\\") ==
        "compiling regex: error parsing regexp: trailing backslash at end of expression: ``");
  CHECK(error_of("(a)\\1") ==
        "compiling regex: error parsing regexp: invalid escape sequence: `\\1`");
  CHECK(error_of("(?<x") ==
        "compiling regex: error parsing regexp: invalid or unsupported Perl syntax: `(?<`");
  CHECK(error_of("a{1001}") ==
        "compiling regex: error parsing regexp: invalid repeat count: `{1001}`");
  CHECK(error_of("a)") == "compiling regex: error parsing regexp: unexpected ): `a)`");
  CHECK(error_of("[z-a]") ==
        "compiling regex: error parsing regexp: invalid character class range: `z-a`");
  CHECK(error_of("a\xff").starts_with("compiling regex: error parsing regexp: invalid UTF-8"));
  CHECK(error_of("\x1b[31m(").find('\x1b') == std::string::npos);
}

TEST_CASE("matcher: too large a pattern is refused, and at once", "[query]") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(error_of("(?:a{1000}){1000}").find("invalid repeat count") != std::string::npos);
  CHECK(error_of("((a{100}){100}){100}").find("invalid repeat count") != std::string::npos);
  CHECK(error_of("(?:\\pL{30}){33}").find("expression too large") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(!matcher::make(std::string(pattern_bytes_max + 1, 'a'), false));
  CHECK(!matcher::make(std::string(1024 * 1024, 'a'), true));
  CHECK(matcher::make(std::string(pattern_bytes_max, 'a'), false));
}

TEST_CASE("matcher: patterns that blow up a backtracking engine are linear", "[query]") {
  const std::string line(200'000, 'a');
  const auto begin = std::chrono::steady_clock::now();
  CHECK(found(must("(a*)*b", true), {line}).empty());
  CHECK(found(must("(a|a)*c", true), {line, line}).empty());
  // Each line proposes, and a match that ran on would read to the end each time.
  CHECK(found(must("a[^b]*c", true), texts(20'000, "aaaaaaaaaa")).empty());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("matcher: Unicode classes work", "[query]") {
  CHECK(found(must("^\\p{Greek}+$", true), {"λόγος", "log"}) == texts{"λόγος"});
  CHECK(found(must("(?i)café", true), {"CAFÉ"}) == texts{"CAFÉ"});
}
