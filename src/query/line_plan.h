// How lines that match are found: what to search a text for, and what to ask of the lines that this
// proposes. Immutable.
#pragma once

#include <string>
#include <vector>

#include "oklog/base/find_bytes.h"
#include "oklog/query/matcher.h"
#include "query/regexes.h"

namespace oklog {

struct line_finder {
  enum class kind { exact, proposing };
  line_finder(kind k, std::string needle, bool fold);

  byte_finder bytes;
  bool exact;          // a record that holds it matches; else it proposes the record
  bool beyond_ascii;   // stands in no text that is all ASCII
  bool crosses_lines;  // stands in no single line
};

struct line_plan {
  std::vector<line_finder> finders;
  regexes ask;  // of each line that is proposed; none where all finders are exact
  // The finders propose each line that matches; else the regexes propose, too.
  bool finders_suffice = true;

  bool matches(std::string_view record) const;
};

// REQUIRES: no pattern is empty. Errors: as matcher::make's.
result<line_plan> plan_lines(const std::vector<std::string>& patterns,
                             const match_options& options);

}  // namespace oklog
