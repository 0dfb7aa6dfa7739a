#include "oklog/query/matcher.h"

#include <re2/re2.h>

#include <cstring>

#include "oklog/query/terminal.h"
#include "query/lines.h"
#include "query/regex_error.h"

namespace oklog {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::size_t find_bytes(std::string_view text, std::string_view needle) {
  const void* at = memmem(text.data(), text.size(), needle.data(), needle.size());
  return at == nullptr ? std::string_view::npos
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

re2::RE2::Options regex_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(regex_memory_max);
  return options;
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

}  // namespace

struct matcher::compiled {
  explicit compiled(const std::string& pattern) : alone(pattern, regex_options()) {
    if (!alone.ok() || !safe_over_lines(pattern)) return;
    re2::RE2::Options options = regex_options();
    options.set_never_nl(true);
    over_lines = std::make_unique<re2::RE2>("(?m)" + pattern, options);
    if (!over_lines->ok()) over_lines.reset();
  }

  re2::RE2 alone;                        // asked of one record
  std::unique_ptr<re2::RE2> over_lines;  // proposes in a text of many; null where it must not
};

matcher::matcher(std::string pattern, std::unique_ptr<const compiled> re)
    : pattern_(std::move(pattern)), re_(std::move(re)) {}
matcher::~matcher() = default;
matcher::matcher(matcher&&) noexcept = default;
matcher& matcher::operator=(matcher&&) noexcept = default;

result<matcher> matcher::make(std::string pattern, bool regex) {
  if (pattern.size() > pattern_bytes_max) {
    return fail(errc::invalid, "the pattern has " + std::to_string(pattern.size()) +
                                   " bytes; at most " + std::to_string(pattern_bytes_max) +
                                   " are allowed");
  }
  if (!regex) return matcher(std::move(pattern), nullptr);
  auto re = std::make_unique<const compiled>(pattern);
  if (!re->alone.ok()) return regex_error(re->alone);
  if (re->alone.ProgramSize() > regex_program_max) {
    return fail(errc::invalid, "compiling regex: error parsing regexp: expression too large: `" +
                                   excerpt(pattern) + "`");
  }
  return matcher(std::move(pattern), std::move(re));
}

bool matcher::matches(std::string_view text) const {
  if (pattern_.empty()) return true;
  if (!re_) return find_bytes(text, pattern_) != std::string_view::npos;
  return re_->alone.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

void matcher::find(const batch& records, std::vector<text_hit>& out) const {
  if (records.lengths().empty() && find_lines(records.text(), records.records(), out)) return;
  const char* const base = records.text().data();
  std::uint32_t n = 0;
  records.for_each([&](const record_view& r) {
    if (matches(r.text)) {
      out.push_back({n, static_cast<std::uint32_t>(r.text.data() - base),
                     static_cast<std::uint32_t>(r.text.size())});
    }
    ++n;
  });
}

bool matcher::find_lines(std::string_view text, std::uint32_t records,
                         std::vector<text_hit>& out) const {
  if (!text.empty() && text.back() != '\n') return false;
  const std::size_t before = out.size();
  const bool whole = re_ || pattern_.empty() ? find_regex_lines(text, records, out)
                                             : find_literal_lines(text, records, out);
  if (!whole) out.resize(before);
  return whole;
}

bool matcher::find_literal_lines(std::string_view text, std::uint32_t records,
                                 std::vector<text_hit>& out) const {
  if (pattern_.find('\n') != std::string::npos) return count_line_feeds(text) == records;
  line_cursor lines(text);
  const std::size_t before = out.size();
  while (!lines.at_end()) {
    const std::size_t at = find_bytes(text.substr(lines.begin()), pattern_);
    if (at == std::string_view::npos) break;
    out.push_back(lines.take(lines.begin() + at));
  }
  // Without a hit the number of lines does not matter: a literal without LF crosses no record's
  // end.
  return out.size() == before || lines.count() == records;
}

bool matcher::find_regex_lines(std::string_view text, std::uint32_t records,
                               std::vector<text_hit>& out) const {
  if (count_line_feeds(text) != records) return false;
  line_cursor lines(text);
  while (!lines.at_end()) {
    std::size_t at = lines.begin();
    if (re_ && re_->over_lines) {
      // Without the last line feed, so that no match is found behind it.
      const std::string_view rest = text.substr(at, text.size() - 1 - at);
      re2::StringPiece found;
      if (!re_->over_lines->Match(piece(rest), 0, rest.size(), re2::RE2::UNANCHORED, &found, 1)) {
        break;
      }
      at += static_cast<std::size_t>(found.data() - rest.data());
    }
    const text_hit line = lines.take(at);
    if (matches(text.substr(line.begin, line.size))) out.push_back(line);
  }
  return true;
}

}  // namespace oklog
