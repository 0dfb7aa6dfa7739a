// What a block's text must hold for a pattern to match in it, as literals to ask the n-gram filters
// for (rule K22). A pure value; no false negative: where may_match() says no of what a text holds,
// no record in it matches.
//
// Everything is said of text folded by fold_ascii(). A literal that is searched for as it is asks
// for the whole of itself. A regex, or a literal in either case, asks for pieces: folding by
// Unicode reaches beyond ASCII, so they are cut at bytes >= 0x80, and for blocks that are not all
// ASCII also at k and s, which U+212A and U+017F match.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oklog/query/matcher.h"

namespace oklog {

// Shorter pieces ask for nothing: the filters' grams are of this size.
inline constexpr std::size_t needed_bytes_min = 5;

// Present in a block where all its pieces are: of in_ascii where the block is all ASCII, else of
// elsewhere. No pieces: present.
struct needed_literal {
  std::vector<std::string> in_ascii;
  std::vector<std::string> elsewhere;
  friend bool operator==(const needed_literal&, const needed_literal&) = default;
};

class needed {
 public:
  static needed of(const matcher& m);

  // Nothing can be skipped: no literal is needed, too many are, or the records that do not match
  // are wanted. literals() is then empty.
  bool everything() const { return literals_.empty(); }
  const std::vector<needed_literal>& literals() const { return literals_; }

  // present[i]: literals()[i] may be in the block. REQUIRES: one for each.
  bool may_match(const std::vector<bool>& present) const;

  ~needed();
  needed(needed&&) noexcept;
  needed& operator=(needed&&) noexcept;

 private:
  struct tree;
  needed();
  void add_regexes(const matcher& m);
  void add_literals(const matcher& m);

  std::vector<needed_literal> literals_;
  std::unique_ptr<const tree> tree_;  // of regexes; literals: any of them
};

}  // namespace oklog
