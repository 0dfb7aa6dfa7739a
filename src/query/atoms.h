// Which literals a text must hold for any of some regexes to match in it, by RE2's own account: an
// and/or tree over atoms.
//
// RE2 gives atoms in lower case by Unicode, also for patterns that tell the cases apart. Two
// characters beyond ASCII become ASCII letters by it: the long s (U+017F) and the Kelvin sign
// (U+212A). So an atom's ASCII letters stand in a matching text in either case, or as one of those
// two, and its other characters in whatever case (rule K22).
#pragma once

#include <re2/filtered_re2.h>

#include <string>
#include <string_view>
#include <vector>

#include "query/regexes.h"

namespace oklog {

class atoms {
 public:
  // Atoms shorter than `bytes_min` are taken as always there. REQUIRES: the patterns compile.
  atoms(const std::vector<std::string>& patterns, const regex_rules& rules, int bytes_min);

  const std::vector<std::string>& all() const { return all_; }

  // Whether a text may match that holds those atoms (numbers, ascending) and no other.
  bool may_match(const std::vector<int>& present) const;

  // Few atoms of which a matching text holds at least one: the fewest and rarest that a simple
  // search finds. Empty where there are none, or too many to choose from.
  std::vector<std::string> required() const;

 private:
  re2::FilteredRE2 filter_;
  std::vector<std::string> all_;
};

// The runs of ASCII in `text`. Where `folded_letters`, also cut at k and s in either case.
std::vector<std::string_view> ascii_runs(std::string_view text, bool folded_letters);

}  // namespace oklog
