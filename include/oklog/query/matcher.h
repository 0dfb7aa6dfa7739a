// What matches: a literal or an RE2 pattern, asked of one record's text without its line feed (rule
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

inline constexpr std::size_t pattern_bytes_max = 64 * 1024;
// RE2's own measure, instructions. A regex of this size still searches 256 KiB in seconds at worst.
inline constexpr int regex_program_max = 20'000;
inline constexpr std::int64_t regex_memory_max =
    8 * 1024 * 1024;  // automaton and program, each of two

// One record that matches: its number, and where its text lies.
struct text_hit {
  std::uint32_t record;
  std::uint32_t begin;
  std::uint32_t size;
  friend bool operator==(const text_hit&, const text_hit&) = default;
};

class matcher {
 public:
  // Empty pattern: everything. Error: invalid, with RE2's reason in Go's words:
  // "compiling regex: error parsing regexp: missing closing ): `(`"; also where the pattern is
  // longer than pattern_bytes_max, or a regex is not UTF-8 or too large when compiled.
  static result<matcher> make(std::string pattern, bool regex);

  bool everything() const { return pattern_.empty(); }
  bool matches(std::string_view text) const;

  // Appends the records that match, ascending.
  void find(const batch& records, std::vector<text_hit>& out) const;

  // The same for a block's text whose columns are not decoded, which is faster where nothing
  // matches: the text is searched as a whole and each proposal asked again alone. False, and `out`
  // as it was, where the text is not `records` lines that each end with LF, so that the columns are
  // needed (where nothing matches, true may be said of such a text too).
  bool find_lines(std::string_view text, std::uint32_t records, std::vector<text_hit>& out) const;

  const std::string& pattern() const { return pattern_; }
  bool regex() const { return re_ != nullptr; }

  ~matcher();
  matcher(matcher&&) noexcept;
  matcher& operator=(matcher&&) noexcept;

 private:
  struct compiled;
  matcher(std::string pattern, std::unique_ptr<const compiled> re);
  bool find_literal_lines(std::string_view text, std::uint32_t records,
                          std::vector<text_hit>& out) const;
  bool find_regex_lines(std::string_view text, std::uint32_t records,
                        std::vector<text_hit>& out) const;

  std::string pattern_;
  std::unique_ptr<const compiled> re_;
};

}  // namespace oklog
