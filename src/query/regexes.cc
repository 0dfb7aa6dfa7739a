#include "query/regexes.h"

#include <algorithm>

#include "oklog/query/matcher.h"
#include "oklog/query/terminal.h"
#include "query/regex_error.h"

namespace oklog {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// Whether a group such as (?i-m) switches multi-line matching off.
bool clears_multi_line(std::string_view pattern) {
  for (std::size_t at = pattern.find("(?"); at != std::string_view::npos;
       at = pattern.find("(?", at + 2)) {
    bool minus = false;
    for (const char c : pattern.substr(at + 2)) {
      if (c == '-') minus = true;
      if (minus && c == 'm') return true;
      if (c != '-' && (c < 'A' || c > 'z')) break;
    }
  }
  return false;
}

// Whether the pattern, made multi-line and unable to match a line feed, finds in a text every line
// that it matches alone. Where the pattern's bytes leave a doubt (an escaped backslash before A),
// the answer is no.
bool safe_over_lines(std::string_view pattern) {
  for (const std::string_view anchor : {"\\A", "\\z", "\\C"}) {
    if (pattern.find(anchor) != std::string_view::npos) return false;
  }
  return !clears_multi_line(pattern);
}

// Tied to one end of the record: RE2 then gives a line up at its first bytes, where a search over
// line ends reads all of it.
bool anchored(std::string_view pattern) {
  if (pattern.find('|') != std::string_view::npos) return false;
  const bool escaped = pattern.size() > 1 && pattern[pattern.size() - 2] == '\\';
  return pattern.starts_with('^') || (pattern.ends_with('$') && !escaped);
}

error too_large(const std::string& pattern) {
  return fail(errc::invalid, "compiling regex: error parsing regexp: expression too large: `" +
                                 excerpt(pattern) + "`");
}

// Each one's syntax, and the size of all.
result<> check(const std::vector<std::string>& patterns, const regex_rules& rules) {
  int size = 0;
  for (const std::string& pattern : patterns) {
    const re2::RE2 re(pattern, regex_options(rules));
    if (!re.ok()) return regex_error(re);
    size += re.ProgramSize();
    if (size > regex_program_max) return too_large(pattern);
  }
  return {};
}

// (?:a)|(?:b), or nothing where a pattern would not keep its meaning: \Q need not end.
std::string alternation(const std::vector<std::string>& patterns) {
  std::string out;
  for (const std::string& pattern : patterns) {
    if (pattern.find("\\Q") != std::string::npos) return {};
    out += (out.empty() ? "(?:" : "|(?:") + pattern + ")";
  }
  return out;
}

std::vector<std::string> quoted(const std::vector<std::string>& literals) {
  std::vector<std::string> out;
  for (const std::string& literal : literals) out.push_back(re2::RE2::QuoteMeta(literal));
  return out;
}

}  // namespace

re2::RE2::Options regex_options(const regex_rules& rules) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(regex_memory_max);
  options.set_case_sensitive(!rules.ignore_case);
  return options;
}

compiled_regex::compiled_regex(const std::string& pattern, const regex_rules& rules,
                               std::int64_t memory)
    : alone(pattern, [&] {
        re2::RE2::Options options = regex_options(rules);
        options.set_max_mem(memory);
        return options;
      }()) {
  if (!alone.ok()) return;
  if (!rules.literal && (!safe_over_lines(pattern) || anchored(pattern))) return;
  re2::RE2::Options options = alone.options();
  options.set_never_nl(true);
  over_lines = std::make_unique<re2::RE2>("(?m)" + pattern, options);
  if (!over_lines->ok()) over_lines.reset();
}

result<regexes> regexes::make(const std::vector<std::string>& given, const regex_rules& rules) {
  const std::vector<std::string> patterns = rules.literal ? quoted(given) : given;
  TRY(check(patterns, rules));
  regexes out;
  if (patterns.size() > 1) {
    const std::string together = alternation(patterns);
    if (!together.empty()) {
      auto one = std::make_unique<const compiled_regex>(together, rules, regex_memory_max);
      if (one->alone.ok()) out.all_.push_back(std::move(one));
    }
  }
  const std::int64_t share = regex_memory_max / std::max<std::int64_t>(1, std::ssize(patterns));
  const bool together = !out.all_.empty();
  for (const std::string& pattern : patterns) {
    auto re = std::make_unique<const compiled_regex>(pattern, rules, share);
    if (!re->alone.ok()) return too_large(pattern);
    (together ? out.deciding_ : out.all_).push_back(std::move(re));
  }
  return out;
}

bool regexes::match(std::string_view record) const {
  const auto matches = [&](const auto& re) {
    return re->alone.Match(piece(record), 0, record.size(), re2::RE2::UNANCHORED, nullptr, 0);
  };
  if (!std::any_of(all_.begin(), all_.end(), matches)) return false;
  return deciding_.empty() || std::any_of(deciding_.begin(), deciding_.end(), matches);
}

std::size_t regexes::propose(std::size_t number, std::string_view text, std::size_t from) const {
  const re2::RE2* const over_lines = all_[number]->over_lines.get();
  if (over_lines == nullptr) return from;
  // Without the last line feed, so that no match is found behind it.
  const std::string_view rest = text.substr(from, text.size() - 1 - from);
  re2::StringPiece found;
  if (!over_lines->Match(piece(rest), 0, rest.size(), re2::RE2::UNANCHORED, &found, 1)) {
    return std::string_view::npos;
  }
  return from + static_cast<std::size_t>(found.data() - rest.data());
}

}  // namespace oklog
