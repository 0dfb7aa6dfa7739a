#include "query/line_plan.h"

#include <algorithm>
#include <optional>

#include "query/atoms.h"
#include "query/utf8.h"

namespace oklog {
namespace {

// With more literals one search with RE2 is faster than one for each.
constexpr std::size_t finders_max = 24;

constexpr std::string_view long_s = "\xc5\xbf";
constexpr std::string_view kelvin_sign = "\xe2\x84\xaa";

bool holds_letter(std::string_view text, char lower) {
  return std::any_of(text.begin(), text.end(), [&](char c) { return fold_ascii(c) == lower; });
}

// The two characters beyond ASCII that fold to a letter of `text` propose their lines.
void add_folding_to_ascii(std::string_view text, std::vector<line_finder>& out) {
  const auto add = [&](std::string_view character) {
    for (const line_finder& f : out) {
      if (f.bytes.needle() == character) return;
    }
    out.emplace_back(line_finder::kind::proposing, std::string(character), false);
  };
  if (holds_letter(text, 's')) add(long_s);
  if (holds_letter(text, 'k')) add(kelvin_sign);
}

// The run of ASCII that is rarest, of two bytes at least.
std::optional<std::string> best_run(std::string_view text) {
  std::optional<std::string> best;
  unsigned best_commonness = 0;
  for (const std::string_view run : ascii_runs(text, false)) {
    const unsigned commonness = byte_finder(std::string(run), true).commonness();
    if (run.size() < 2 || (best && best_commonness <= commonness)) continue;
    best = run;
    best_commonness = commonness;
  }
  return best;
}

// A finder that proposes each line in which `text` stands, folded by Unicode; false without one.
bool add_proposing(std::string_view text, std::vector<line_finder>& out) {
  const std::optional<std::string> run = best_run(text);
  if (!run) return false;
  out.emplace_back(line_finder::kind::proposing, *run, true);
  add_folding_to_ascii(*run, out);
  return true;
}

// Each once, and none that holds another: a line with that one matches anyway.
std::vector<std::string> shortest(std::vector<std::string> literals) {
  std::sort(literals.begin(), literals.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  std::vector<std::string> out;
  for (std::string& literal : literals) {
    const bool held = std::any_of(out.begin(), out.end(), [&](const std::string& other) {
      return literal.find(other) != std::string::npos;
    });
    if (!held) out.push_back(std::move(literal));
  }
  return out;
}

// Atoms that begin alike become one: "size 0" to "size 9", or "error" and "errno".
std::vector<std::string> merged(std::vector<std::string> required) {
  constexpr std::size_t prefix_min = 3;
  std::sort(required.begin(), required.end());
  std::vector<std::string> out;
  for (std::string& atom : required) {
    if (!out.empty()) {
      const auto differ =
          std::mismatch(atom.begin(), atom.end(), out.back().begin(), out.back().end());
      const auto common = static_cast<std::size_t>(differ.first - atom.begin());
      if (common >= prefix_min) {
        out.back().resize(common);
        continue;
      }
    }
    out.push_back(std::move(atom));
  }
  return out;
}

// The alternatives of regexes that are nothing but literals; empty where one is more.
std::vector<std::string> plain_alternatives(const std::vector<std::string>& patterns) {
  std::vector<std::string> out;
  for (const std::string& pattern : patterns) {
    if (pattern.find_first_of("\\.+*?()[]{}^$") != std::string::npos) return {};
    for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
      end = pattern.find('|', begin);
      out.push_back(pattern.substr(begin, end - begin));
      if (out.back().empty()) return {};
    }
  }
  return out;
}

// In either case. Literals that RE2 must be asked of, since more than ASCII folds, go to `asked`.
void plan_folded(const std::string& literal, line_plan& plan, std::vector<std::string>& asked) {
  const bool ascii = all_ascii(literal);
  if (!ascii && !valid_utf8(literal)) {
    plan.finders.emplace_back(line_finder::kind::exact, literal, true);
    return;
  }
  if (ascii) {
    plan.finders.emplace_back(line_finder::kind::exact, literal, true);
    if (!holds_letter(literal, 's') && !holds_letter(literal, 'k')) return;
    add_folding_to_ascii(literal, plan.finders);
  } else if (!add_proposing(literal, plan.finders)) {
    plan.finders_suffice = false;
  }
  asked.push_back(literal);
}

result<line_plan> plan_literals(const std::vector<std::string>& patterns, bool ignore_case) {
  line_plan plan;
  const std::vector<std::string> literals = shortest(patterns);
  const bool utf8 = std::all_of(literals.begin(), literals.end(),
                                [](const std::string& s) { return valid_utf8(s); });
  if (literals.size() > finders_max && utf8) {
    if (auto together = regexes::make(literals, {ignore_case, true})) {
      plan.ask = std::move(*together);
      plan.finders_suffice = false;
      return plan;
    }
  }
  std::vector<std::string> asked;
  for (const std::string& literal : literals) {
    if (ignore_case) {
      plan_folded(literal, plan, asked);
    } else {
      plan.finders.emplace_back(line_finder::kind::exact, literal, false);
    }
  }
  if (!asked.empty()) {
    TRY_LET(plan.ask, regexes::make(asked, {ignore_case, true}));
  }
  return plan;
}

result<line_plan> plan_regexes(const std::vector<std::string>& patterns, bool ignore_case) {
  line_plan plan;
  const regex_rules rules{ignore_case, false};
  TRY_LET(plan.ask, regexes::make(patterns, rules));
  const std::vector<std::string> plain = plain_alternatives(patterns);
  if (!plain.empty()) return plan_literals(plain, ignore_case);
  const std::vector<std::string> required = merged(atoms(patterns, rules, 2).required());
  plan.finders_suffice = !required.empty() && required.size() <= finders_max;
  for (const std::string& atom : required) {
    plan.finders_suffice = plan.finders_suffice && add_proposing(atom, plan.finders);
  }
  if (!plan.finders_suffice) plan.finders.clear();
  return plan;
}

}  // namespace

line_finder::line_finder(kind k, std::string needle, bool fold)
    : bytes(std::move(needle), fold),
      exact(k == kind::exact),
      beyond_ascii(!all_ascii(bytes.needle())),
      crosses_lines(bytes.needle().find('\n') != std::string::npos) {}

bool line_plan::matches(std::string_view record) const {
  const bool found = std::any_of(finders.begin(), finders.end(), [&](const line_finder& f) {
    return f.exact && f.bytes.find(record) != std::string_view::npos;
  });
  return found || ask.match(record);
}

result<line_plan> plan_lines(const std::vector<std::string>& patterns,
                             const match_options& options) {
  if (patterns.empty()) return line_plan();
  return options.regex ? plan_regexes(patterns, options.ignore_case)
                       : plan_literals(patterns, options.ignore_case);
}

}  // namespace oklog
