#include "oklog/query/matcher.h"

#include <catch2/catch.hpp>

#include "oklog/base/prng.h"
#include "query/definition.h"

using namespace oklog;

namespace {

matcher must(const std::string& pattern, bool regex) {
  auto m = matcher::make(pattern, regex);
  REQUIRE(m);
  return std::move(*m);
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

TEST_CASE("matcher: too large a pattern is refused", "[query]") {
  CHECK(error_of("(?:a{1000}){1000}").find("invalid repeat count") != std::string::npos);
  CHECK(error_of("((a{100}){100}){100}").find("invalid repeat count") != std::string::npos);
  CHECK(error_of("(?:\\pL{30}){33}").find("expression too large") != std::string::npos);
  CHECK(!matcher::make(std::string(pattern_bytes_max + 1, 'a'), false));
  CHECK(!matcher::make(std::string(1024 * 1024, 'a'), true));
  CHECK(matcher::make(std::string(pattern_bytes_max, 'a'), false));
}

TEST_CASE("matcher: limits hold for all patterns together", "[query]") {
  const auto error_of_all = [](const texts& patterns, bool regex) {
    const auto m = matcher::make(patterns, {.regex = regex});
    REQUIRE(!m);
    CHECK(m.error().code == errc::invalid);
    return m.error().what;
  };
  CHECK(matcher::make(texts(patterns_max, "a"), {}));
  CHECK(error_of_all(texts(patterns_max + 1, "a"), false) ==
        "101 patterns; at most 100 are allowed");
  CHECK(error_of_all(texts(2, std::string(pattern_bytes_max / 2 + 1, 'a')), false) ==
        "the patterns have 65538 bytes; at most 65536 are allowed");
  const std::string large = "\\pL{8}";
  CHECK(matcher::make({large, large}, {.regex = true}));
  CHECK(error_of_all(texts(patterns_max, large), true).find("expression too large") !=
        std::string::npos);
  CHECK(error_of_all({"a", "b)|(?:c", ""}, true).find("unexpected ): `b)|(?:c`") !=
        std::string::npos);
}

// A backtracking engine would not come back from these, and a search that reads on from each line
// to the text's end would take an hour: the runner's timeout is the bound.
TEST_CASE("matcher: patterns that blow up a backtracking engine are linear", "[query]") {
  const std::string line(200'000, 'a');
  CHECK(found(must("(a*)*b", true), {line}).empty());
  CHECK(found(must("(a|a)*c", true), {line, line}).empty());
  // Each line proposes, and a match that ran on would read to the end each time.
  std::string text;
  while (text.size() < 8 * block_bytes_max) text += "aaaaaaaaaa\n";
  CHECK(must("a[^b]*c", true).count_in_lines(text) == 0);
}

TEST_CASE("matcher: any of several patterns will do", "[query]") {
  for (const bool regex : {false, true}) {
    const auto m = matcher::make({"ab", "cd", "xcdx"}, {.regex = regex});
    REQUIRE(m);
    CHECK(found(*m, {"ab", "x", "cd ab", "", "xcdx"}) == texts{"ab", "cd ab", "xcdx"});
  }
  // Each pattern keeps its own groups, flags and quotes.
  const auto m =
      matcher::make({"(?i)a(b|c)", "x|^y", "\\Qz.", "(?P<n>q)w", "(?P<n>r)w"}, {.regex = true});
  REQUIRE(m);
  CHECK(found(*m, {"AC", "X", "x", "ay", "yy", "za", "z.", "qw", "rw", "QW"}) ==
        texts{"AC", "x", "yy", "z.", "qw", "rw"});
}

TEST_CASE("matcher: no pattern, or an empty one among others, is everything", "[query]") {
  for (const texts& patterns : {texts{}, texts{""}, texts{"a", ""}}) {
    CHECK(matcher::make(patterns, {})->everything());
    const auto none = matcher::make(patterns, {.invert = true});
    CHECK_FALSE(none->everything());
    CHECK(found(*none, {"", "a"}).empty());
    CHECK(none->count_in_lines("a\nb\n") == 0);
  }
}

TEST_CASE("matcher: -i folds literals by Unicode, as (?i) does (K22)", "[query]") {
  const auto folded = [](const std::string& pattern) {
    auto m = matcher::make({pattern}, {.ignore_case = true});
    REQUIRE(m);
    return std::move(*m);
  };
  CHECK(found(folded("Task"), {"TASK", "ta\u017f\u212a", "tas", "task"}) ==
        texts{"TASK", "ta\u017f\u212a", "task"});
  CHECK(found(folded("\u212a"), {"k", "K", "\u212a", "x"}) == texts{"k", "K", "\u212a"});
  CHECK(found(folded("caf\u00e9"), {"CAF\u00c9", "cafe"}) == texts{"CAF\u00c9"});
  CHECK(found(folded("a.c"), {"A.C", "abc"}) == texts{"A.C"});
  // Not UTF-8: ASCII letters fold.
  CHECK(found(folded("k\xff"), {"K\xff", "\u212a\xff", "K\xfe"}) == texts{"K\xff"});
  // Found beside a line that only seems to match.
  CHECK(found(*matcher::make({"kx", "r"}, {.ignore_case = true}), {"\u212ay R", "\u212aX", "k"}) ==
        texts{"\u212ay R", "\u212aX"});
}

TEST_CASE("matcher: -i is (?i) for a regex, which may take it back", "[query]") {
  const auto m = matcher::make({"err(?-i:or)"}, {.regex = true, .ignore_case = true});
  CHECK(found(*m, {"ERRor", "error", "ERROR"}) == texts{"ERRor", "error"});
}

TEST_CASE("matcher: invert gives the records that do not match", "[query]") {
  for (const bool regex : {false, true}) {
    const auto m = matcher::make({"a", "b"}, {.regex = regex, .invert = true});
    CHECK(found(*m, {"a", "", "x", "xb", "y"}) == texts{"", "x", "y"});
    CHECK(m->count_in_lines("a\n\nx\nxb\n") == 2);
    CHECK(m->count_in_lines("") == 0);
  }
}

TEST_CASE("matcher: Unicode classes work", "[query]") {
  CHECK(found(must("^\\p{Greek}+$", true), {"λόγος", "log"}) == texts{"λόγος"});
  CHECK(found(must("(?i)café", true), {"CAFÉ"}) == texts{"CAFÉ"});
}

TEST_CASE("matcher: of several regexes each decides for itself (K21)", "[query]") {
  // RE2 makes of ` |[sS]` a class that folds by Unicode, as neither does alone.
  const auto m = matcher::make({" ", "[sS]"}, {.regex = true});
  REQUIRE(m);
  CHECK_FALSE(m->matches("\u017f"));
  CHECK(m->matches("S"));
  CHECK(m->count_in_lines("\u017f\na b\ns\n") == 2);
}
