// What matches: a literal or an RE2 pattern, asked of one record's text without its line feed (rule
// K21). Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/record/batch.h"

namespace oklog {

inline constexpr std::size_t pattern_bytes_max = 64 * 1024;

class matcher {
 public:
  // Empty pattern: everything. Error: invalid, with RE2's reason, in Go's words:
  // "compiling regex: error parsing regexp: missing closing ): `(`"; also where the pattern is longer
  // than pattern_bytes_max, not UTF-8 (regex) or needs too much memory.
  static result<matcher> make(std::string pattern, bool regex);

  bool everything() const { return pattern_.empty() ; }
  bool matches(std::string_view text) const;

  // Record numbers of `records` that match, ascending. The text is searched as a whole; each
  // proposal is then asked alone.
  void find(const batch& records, std::vector<std::uint32_t>& out) const;

  const std::string& pattern() const { return pattern_; }
  bool regex() const { return re_ != nullptr; }

  ~matcher();
  matcher(matcher&&) noexcept;
  matcher& operator=(matcher&&) noexcept;

 private:
  matcher();
  struct compiled;
  std::string pattern_;
  std::shared_ptr<const compiled> re_;
};

}  // namespace oklog
