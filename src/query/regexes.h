// Compiled regexes, of which any may match.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"

namespace oklog {

struct regex_rules {
  bool ignore_case = false;
  bool literal = false;  // the patterns mean themselves
};

re2::RE2::Options regex_options(const regex_rules& rules);

struct compiled_regex {
  compiled_regex(const std::string& pattern, const regex_rules& rules, std::int64_t memory);

  re2::RE2 alone;  // asked of one record
  // Proposes in a text of many; null where it must not, or where asking each line is faster.
  std::unique_ptr<re2::RE2> over_lines;
};

class regexes {
 public:
  // Several become one where that is possible. Errors: as matcher::make's.
  static result<regexes> make(const std::vector<std::string>& patterns, const regex_rules& rules);

  std::size_t size() const { return all_.size(); }
  bool match(std::string_view record) const;

  // Where a line that the regex may match is met first, at or behind `from`; npos where none is. A
  // regex that does not search over line ends proposes each line. REQUIRES: `from` begins a line,
  // and the last line ends with LF.
  std::size_t propose(std::size_t number, std::string_view text, std::size_t from) const;

 private:
  using list = std::vector<std::unique_ptr<const compiled_regex>>;
  list all_;  // what is searched for: each one, or one made of all
  // Each one, where one was made of all: RE2 takes ` |[sS]` for a class that folds by Unicode, and
  // so finds more with the two together than with either.
  list deciding_;
};

}  // namespace oklog
