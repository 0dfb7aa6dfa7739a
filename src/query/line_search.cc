#include "query/line_search.h"

#include <algorithm>

#include "query/lines.h"

namespace oklog {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// Of each proposal RE2 finds the end, then the beginning, and is asked again: measured, this costs
// more than asking each line once from about an eighth of the text on.
constexpr std::size_t proposals_min = 16;
constexpr std::size_t dense_share = 8;

}  // namespace

line_search::line_search(const line_plan& plan, std::string_view text) : plan_(plan), text_(text) {
  bool matters = false;
  for (const line_finder& f : plan.finders) matters = matters || f.beyond_ascii;
  ascii_ = matters && all_ascii(text);
  search_by(plan.finders_suffice);
}

void line_search::search_by(bool finders_suffice) {
  sources_.clear();
  for (const line_finder& f : plan_.finders) {
    if ((f.beyond_ascii && ascii_) || f.crosses_lines) continue;
    if (f.exact || finders_suffice) sources_.push_back({&f, 0, 0, f.exact});
  }
  for (std::size_t i = 0; !finders_suffice && i < plan_.ask.size(); ++i) {
    sources_.push_back({nullptr, i, 0, false});
  }
  for (source& s : sources_) s.at = text_.empty() ? npos : search(s, 0);
}

std::size_t line_search::search(const source& s, std::size_t from) const {
  if (s.finder) return s.finder->bytes.find(text_, from);
  return each_line_ ? from : plan_.ask.propose(s.number, text_, from);
}

// The first that any source has at or behind `from`.
line_search::proposal line_search::propose(std::size_t from) {
  proposal first;
  for (source& s : sources_) {
    if (s.at < from) s.at = search(s, from);
    if (s.at < first.at || (s.at == first.at && s.exact)) first = {s.at, s.exact};
  }
  return first;
}

// Whether another source knows that the line up to `end` matches. REQUIRES: behind propose().
bool line_search::exact_before(std::size_t end) const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [&](const source& s) { return s.exact && s.at < end; });
}

void line_search::note_proposed(std::size_t begin, std::size_t end) {
  ++proposals_;
  proposed_bytes_ += end - begin;
  each_line_ = proposals_ >= proposals_min && proposed_bytes_ > end / dense_share;
}

std::size_t line_search::next(std::size_t from) {
  while (from < text_.size()) {
    const proposal p = propose(from);
    if (p.at == npos || p.exact) return p.at;
    const std::size_t begin = line_begin(text_, from, p.at);
    const std::size_t end = line_end(text_, p.at);
    if (!each_line_) note_proposed(begin, end);
    if (exact_before(end) || plan_.ask.match(text_.substr(begin, end - begin))) return p.at;
    from = end + 1;
  }
  return npos;
}

}  // namespace oklog
