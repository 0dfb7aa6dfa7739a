// Random records and patterns for the differential tests of matching: what log lines hold and what
// goes wrong in searches, mixed.
#pragma once

#include <re2/re2.h>

#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/ascii.h"
#include "oklog/base/prng.h"
#include "oklog/query/matcher.h"

namespace oklog {

namespace random_parts {
using namespace std::string_view_literals;

inline constexpr std::string_view words[] = {
    "error"sv, "Session"sv,   "kernel:"sv,  "blk_"sv,      "Failed password"sv,
    "user="sv, "sshd[123]"sv, "10.0.0.7"sv, "INFO"sv,      "deadbeef01234567"sv,
    "ms"sv,    "aab"sv,       "aaaaaaaa"sv, "task-seek"sv, "c:\\A\\z"sv};
inline constexpr std::string_view odd_words[] = {"caf\u00e9"sv,
                                                 "CAF\u00c9-1"sv,
                                                 "\u212aelvin"sv,
                                                 "\u017fes\u017fion"sv,
                                                 "\u041e\u0448\u0438\u0431\u043a\u0430"sv,
                                                 "\u043e\u0448\u0438"sv,
                                                 "\u9519\u8bef"sv,
                                                 "\xff"sv,
                                                 "\xc3"sv,
                                                 "\0"sv,
                                                 "\r"sv,
                                                 "\u0130i\u0131"sv,
                                                 "a\xe9z"sv,
                                                 "\U0001F600"sv,
                                                 "stra\u00dfe"sv};
inline constexpr std::string_view gaps[] = {" "sv, " "sv, ""sv, "\t"sv, "-"sv, ", "sv};
inline constexpr std::string_view classes[] = {
    "."sv,           "[a-z]"sv,         "[^a]"sv,      "[A-Z0-9]"sv, "\\d"sv,
    "\\w"sv,         "\\s"sv,           "\\S"sv,       "\\W"sv,      "\\D"sv,
    "\\pL"sv,        "\\p{Cyrillic}"sv, "\\PL"sv,      "[^\\n]"sv,   "[\\n a]"sv,
    "[sS]"sv,        "[kx]"sv,          "\\x{212a}"sv, "\\x{17f}"sv, "[\u00c9-\u00fc]"sv,
    "[[:space:]]"sv, "[\\x00-\\x20]"sv, "\\n"sv,       "(?i:k)"sv,   "[^[:^alpha:]]"sv,
    "\\C"sv,         "[\\s\\S]"sv,      "(?i)s"sv};
inline constexpr std::string_view anchors[] = {
    "^"sv,      "$"sv,      "\\A"sv,  "\\z"sv,  "\\b"sv,  "\\B"sv,   "(?m)^"sv,
    "(?-m)^"sv, "(?m:$)"sv, "(?s)"sv, "(?i)"sv, "(?U)"sv, "(?-s)"sv, "(?-i)"sv};
inline constexpr std::string_view repeats[] = {"*"sv,  "+"sv,   "?"sv,     "*?"sv,
                                               "+?"sv, "{2}"sv, "{1,3}"sv, "{0}"sv};

// s and k become what folds to them by Unicode.
inline std::string beyond_ascii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (fold_ascii(c) == 's') {
      out += "\u017f";
    } else if (fold_ascii(c) == 'k') {
      out += "\u212a";
    } else {
      out += c;
    }
  }
  return out;
}

inline char other_case(char c) {
  const bool letter = fold_ascii(c) >= 'a' && fold_ascii(c) <= 'z';
  return letter ? static_cast<char>(c ^ 0x20) : c;
}

}  // namespace random_parts

struct random_case {
  std::vector<std::string> records;
  std::vector<std::string> patterns;
  match_options options;
};

class pattern_source {
 public:
  explicit pattern_source(std::uint64_t seed) : random_(seed) {}

  // Patterns may be wrong regexes.
  random_case next();

 private:
  std::string record(bool ascii);
  std::string cut(const std::vector<std::string>& records);
  std::string literal(const std::vector<std::string>& records);
  std::string mutated(std::string literal);
  std::string regex(const std::vector<std::string>& records, int depth);
  std::string simple(const std::vector<std::string>& records);
  template <class List>
  auto any_of(const List& list) {
    return list[random_.below(std::size(list))];
  }

  prng random_;
};

inline std::string pattern_source::record(bool ascii) {
  std::string out;
  for (std::uint64_t n = random_.below(7); n > 0; --n) {
    std::string word(!ascii && random_.chance(1, 3) ? any_of(random_parts::odd_words)
                                                    : any_of(random_parts::words));
    if (random_.chance(1, 4)) {
      for (char& c : word) c = random_.chance(1, 2) ? random_parts::other_case(c) : c;
    }
    if (!ascii && random_.chance(1, 8)) word = random_parts::beyond_ascii(word);
    if (random_.chance(1, 4)) word += std::to_string(random_.below(100'000));
    out += word;
    out += any_of(random_parts::gaps);
  }
  return out;
}

inline std::string pattern_source::cut(const std::vector<std::string>& records) {
  std::string from = any_of(records);
  if (random_.chance(1, 12)) from += "\n" + any_of(records);
  return from.substr(random_.below(from.size() + 1), 1 + random_.below(14));
}

inline std::string pattern_source::mutated(std::string text) {
  if (text.empty()) return text;
  const std::size_t at = random_.below(text.size());
  switch (random_.below(6)) {
    case 0:
      for (char& c : text) c = random_.chance(1, 2) ? random_parts::other_case(c) : c;
      break;
    case 1:
      text[at] = static_cast<char>(random_.below(256));
      break;
    case 2:
      text.erase(at, 1);
      break;
    case 3:
      return random_parts::beyond_ascii(text);
    case 4:
      text.insert(at, any_of(random_parts::odd_words));
      break;
    default:
      text += cut({text});
  }
  return text;
}

inline std::string pattern_source::literal(const std::vector<std::string>& records) {
  std::string text = cut(records);
  return random_.chance(1, 2) ? mutated(text) : text;
}

inline std::string pattern_source::simple(const std::vector<std::string>& records) {
  switch (random_.below(5)) {
    case 0:
      return std::string(any_of(random_parts::classes));
    case 1:
      return std::string(any_of(random_parts::anchors));
    case 2:
      return "\\Q" + cut(records) + (random_.chance(1, 4) ? "" : "\\E");
    default:
      return re2::RE2::QuoteMeta(literal(records));
  }
}

inline std::string pattern_source::regex(const std::vector<std::string>& records, int depth) {
  if (depth == 0) return simple(records);
  switch (random_.below(8)) {
    case 0:
      return "(" + regex(records, depth - 1) + "|" + regex(records, depth - 1) + ")";
    case 1:
      return "(?:" + regex(records, depth - 1) + ")" + std::string(any_of(random_parts::repeats));
    case 2:
      return "(?i:" + regex(records, depth - 1) + ")";
    case 3:
      return regex(records, depth - 1) + "|" + regex(records, depth - 1);
    case 4:
      return std::string(any_of(random_parts::classes)) +
             std::string(any_of(random_parts::repeats)) + regex(records, depth - 1);
    case 5:
      return "^" + regex(records, depth - 1) + "$";
    default:
      return regex(records, depth - 1) + regex(records, depth - 1);
  }
}

inline random_case pattern_source::next() {
  random_case c;
  const bool ascii = random_.chance(1, 3);
  const bool line_feeds = random_.chance(1, 8);
  c.records.resize(1 + random_.below(30));
  for (std::string& r : c.records) {
    r = record(ascii);
    if (line_feeds && random_.chance(1, 3)) r += "\n" + record(ascii);
  }
  c.options.regex = random_.chance(2, 3);
  c.options.ignore_case = random_.chance(1, 3);
  c.options.invert = random_.chance(1, 10);
  c.patterns.resize(random_.chance(1, 4) ? 1 + random_.below(4) : 1);
  if (!c.options.regex && random_.chance(1, 40)) c.patterns.resize(30);
  for (std::string& p : c.patterns) {
    const int depth = static_cast<int>(random_.below(4));
    p = c.options.regex ? regex(c.records, depth) : literal(c.records);
  }
  return c;
}

}  // namespace oklog
