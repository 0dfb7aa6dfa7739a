#include "oklog/query/needed.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/base/find_bytes.h"
#include "query/atoms.h"
#include "query/utf8.h"

namespace oklog {
namespace {

constexpr std::size_t literals_max = 256;  // each is asked of every block

std::vector<std::string> long_ones(const std::vector<std::string_view>& pieces) {
  std::vector<std::string> out;
  for (const std::string_view piece : pieces) {
    if (piece.size() >= needed_bytes_min) out.push_back(fold_ascii(piece));
  }
  return out;
}

needed_literal as_it_is(std::string_view literal) {
  const std::vector<std::string> whole = long_ones({literal});
  return {whole, whole};
}

needed_literal folded_by_unicode(std::string_view literal) {
  return {long_ones(ascii_runs(literal, false)), long_ones(ascii_runs(literal, true))};
}

}  // namespace

struct needed::tree : atoms {
  using atoms::atoms;
};

needed::needed() = default;
needed::~needed() = default;
needed::needed(needed&&) noexcept = default;
needed& needed::operator=(needed&&) noexcept = default;

needed needed::of(const matcher& m) {
  needed out;
  if (m.everything() || m.options().invert) return out;
  const auto empty = [](const std::string& p) { return p.empty(); };
  if (std::any_of(m.patterns().begin(), m.patterns().end(), empty)) return out;
  if (m.options().regex) {
    out.add_regexes(m);
  } else {
    out.add_literals(m);
  }
  return out;
}

void needed::add_literals(const matcher& m) {
  for (const std::string& literal : m.patterns()) {
    const bool unicode = m.options().ignore_case && valid_utf8(literal);
    literals_.push_back(unicode ? folded_by_unicode(literal) : as_it_is(literal));
    // One that is never missing makes the others useless.
    if (literals_.back() == needed_literal()) {
      literals_.clear();
      return;
    }
  }
}

void needed::add_regexes(const matcher& m) {
  const regex_rules rules{m.options().ignore_case, false};
  auto all = std::make_unique<const tree>(m.patterns(), rules, static_cast<int>(needed_bytes_min));
  if (all->all().size() > literals_max || all->may_match({})) return;
  for (const std::string& atom : all->all()) literals_.push_back(folded_by_unicode(atom));
  tree_ = std::move(all);
}

bool needed::may_match(const std::vector<bool>& present) const {
  ASSERT(present.size() == literals_.size(), "one answer for each literal");
  if (!tree_)
    return literals_.empty() || std::find(present.begin(), present.end(), true) != present.end();
  std::vector<int> numbers;
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (present[i]) numbers.push_back(static_cast<int>(i));
  }
  return tree_->may_match(numbers);
}

}  // namespace oklog
