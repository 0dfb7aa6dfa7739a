// The lines of one text that match, in order.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "query/line_plan.h"

namespace oklog {

class line_search {
 public:
  // REQUIRES: `text` is empty or ends with LF. Both outlive the search.
  line_search(const line_plan& plan, std::string_view text);

  // A byte of the first line at or behind `from` that matches (a line's LF belongs to it); npos
  // where none does. REQUIRES: `from` begins a line or is the text's end, and never goes back.
  std::size_t next(std::size_t from);

 private:
  struct proposal {
    std::size_t at = std::string_view::npos;
    bool exact = false;
  };
  // One of what is searched for at the same time: where it stands next.
  struct source {
    const line_finder* finder;  // null: regex `number` proposes
    std::size_t number;
    std::size_t at;
    bool exact;
  };
  void search_by(bool finders_suffice);
  proposal propose(std::size_t from);
  bool exact_before(std::size_t end) const;
  void note_proposed(std::size_t begin, std::size_t end);
  std::size_t search(const source& s, std::size_t from) const;

  const line_plan& plan_;
  std::string_view text_;
  bool ascii_;
  // Regexes propose each line: faster than their search where much of the text is proposed anyway.
  bool each_line_ = false;
  std::size_t proposals_ = 0;
  std::size_t proposed_bytes_ = 0;
  std::vector<source> sources_;
};

}  // namespace oklog
