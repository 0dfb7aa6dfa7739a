// What matches: literals or RE2 patterns, asked of one record's text without its line feed (rule
// K21). Immutable and thread-safe.
//
// ^ and \A are the record's beginning, $ and \z its end. A literal may hold any bytes. A regex is
// UTF-8: a byte of the text that is not valid UTF-8 is matched by nothing (not by `.` or `[^a]`
// either), but what stands beside it is found as usual.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/record/batch.h"

namespace oklog {

inline constexpr std::size_t patterns_max = 100;
inline constexpr std::size_t pattern_bytes_max = 64 * 1024;  // of all patterns together
// RE2's own measure, instructions, of all patterns together. A regex of this size still searches
// 256 KiB in seconds at worst.
inline constexpr int regex_program_max = 20'000;
inline constexpr std::int64_t regex_memory_max =
    8 * 1024 * 1024;  // automaton and program, each of two

struct match_options {
  bool regex = false;
  // RE2's (?i), for literals too: folded by Unicode, so that k matches the Kelvin sign and s the
  // long s. In a literal that is not UTF-8 only ASCII letters fold.
  bool ignore_case = false;
  bool invert = false;  // the records that do not match
};

// One record that matches: where its text lies, without its line feed.
struct line_hit {
  std::uint32_t begin;
  std::uint32_t size;
  friend bool operator==(const line_hit&, const line_hit&) = default;
};

// The same with the record's number.
struct text_hit {
  std::uint32_t record;
  std::uint32_t begin;
  std::uint32_t size;
  friend bool operator==(const text_hit&, const text_hit&) = default;
};

class matcher {
 public:
  // A record matches where any of the patterns does. No pattern at all, or an empty one among them:
  // everything. Error: invalid, for a regex with RE2's reason in Go's words: "compiling regex:
  // error parsing regexp: missing closing ): `(`"; also where the patterns are more than
  // patterns_max, longer than pattern_bytes_max, not UTF-8 (a regex), or too large when compiled.
  static result<matcher> make(std::vector<std::string> patterns, const match_options& options);
  static result<matcher> make(std::string pattern, bool regex);

  // Every record matches.
  bool everything() const { return any_ && !options_.invert; }
  bool matches(std::string_view record) const;

  // For a text that is known to be one record a line (no record holds a line feed) and whose lines
  // each end with LF; REQUIRES both, and less than 4 GiB. Nothing is done for each record, only for
  // each that matches. Appends the records that match, ascending.
  void find_in_lines(std::string_view text, std::vector<line_hit>& out) const;
  std::uint64_t count_in_lines(std::string_view text) const;

  // Of any batch, with record numbers. Appends, ascending.
  void find(const batch& records, std::vector<text_hit>& out) const;

  const std::vector<std::string>& patterns() const { return patterns_; }
  const match_options& options() const { return options_; }

  ~matcher();
  matcher(matcher&&) noexcept;
  matcher& operator=(matcher&&) noexcept;

 private:
  struct plan;
  matcher(std::vector<std::string> patterns, const match_options& options);
  template <class Fn>
  void for_each_plain(std::string_view text, Fn&& fn) const;
  template <class Fn>
  void for_each_line(std::string_view text, Fn&& fn) const;

  std::vector<std::string> patterns_;
  match_options options_;
  bool any_;  // some pattern is empty, or there is none
  std::unique_ptr<const plan> plan_;
};

// Adds the record numbers to hits in a text that is one record a line. Appends.
void add_numbers(std::string_view text, const std::vector<line_hit>& hits,
                 std::vector<text_hit>& out);

}  // namespace oklog
