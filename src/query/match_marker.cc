#include "oklog/query/match_marker.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdio>

#include "query/regex_error.h"
#include "query/utf8.h"

namespace oklog {
namespace {

struct rules {
  bool bytes = false;  // not UTF-8
  bool ignore_case = false;
  bool longest = false;
};

re2::RE2::Options options_of(const rules& r, std::int64_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  options.set_case_sensitive(!r.ignore_case);
  options.set_longest_match(r.longest);
  if (r.bytes) options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return options;
}

// A literal of any bytes, of which ASCII letters stand for both cases.
std::string either_case(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    char text[16];
    if (letter) {
      std::snprintf(text, sizeof text, "[%c%c]", c | 0x20, c & ~0x20);
    } else {
      std::snprintf(text, sizeof text, "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    out += text;
  }
  return out;
}

void add_alternative(std::string& all, const std::string& one) {
  all += all.empty() ? one : "|" + one;
}

// The first match that is not empty, at or behind `from`; else an empty one at the end.
text_span first_of(const re2::RE2& re, std::string_view line, std::size_t from) {
  while (from < line.size()) {
    re2::StringPiece found;
    if (!re.Match({line.data(), line.size()}, from, line.size(), re2::RE2::UNANCHORED, &found, 1)) {
      break;
    }
    const auto begin = static_cast<std::size_t>(found.data() - line.data());
    if (!found.empty()) return {begin, begin + found.size()};
    from = begin + 1;
  }
  return {line.size(), line.size()};
}

}  // namespace

struct match_marker::patterns {
  std::vector<std::unique_ptr<const re2::RE2>> all;

  result<> add(const std::string& regex, const rules& r, std::int64_t memory) {
    auto made = std::make_unique<const re2::RE2>(regex, options_of(r, memory));
    if (!made->ok()) return regex_error(*made);
    all.push_back(std::move(made));
    return {};
  }

  result<> add_literals(const std::vector<std::string>& literals, bool ignore_case) {
    std::string as_bytes;
    std::string as_utf8;
    for (const std::string& literal : literals) {
      if (literal.empty()) continue;
      if (!ignore_case) {
        add_alternative(as_bytes, re2::RE2::QuoteMeta(literal));
      } else if (valid_utf8(literal)) {
        add_alternative(as_utf8, re2::RE2::QuoteMeta(literal));
      } else {
        add_alternative(as_bytes, either_case(literal));
      }
    }
    if (!as_bytes.empty()) {
      TRY(add(as_bytes, {.bytes = true, .longest = true}, regex_memory_max));
    }
    if (as_utf8.empty()) return {};
    return add(as_utf8, {.ignore_case = true, .longest = true}, regex_memory_max);
  }

  // The first that is not empty, at or behind `from`; of those the longest.
  text_span first(std::string_view line, std::size_t from) const {
    text_span best{line.size(), line.size()};
    for (const auto& re : all) {
      const text_span found = first_of(*re, line, from);
      const bool earlier = found.begin < best.begin;
      if (earlier || (found.begin == best.begin && found.end > best.end)) best = found;
    }
    return best;
  }
};

match_marker::match_marker() : patterns_(std::make_unique<patterns>()) {}
match_marker::~match_marker() = default;
match_marker::match_marker(match_marker&&) noexcept = default;
match_marker& match_marker::operator=(match_marker&&) noexcept = default;

result<match_marker> match_marker::make(const std::vector<std::string>& given,
                                        const match_options& options) {
  match_marker m;
  if (!options.regex) {
    TRY(m.patterns_->add_literals(given, options.ignore_case));
    return m;
  }
  const std::int64_t share = regex_memory_max / std::max<std::int64_t>(1, std::ssize(given));
  for (const std::string& pattern : given) {
    if (pattern.empty()) continue;
    TRY(m.patterns_->add(pattern, {.ignore_case = options.ignore_case}, share));
  }
  return m;
}

void match_marker::find(std::string_view line, std::vector<text_span>& out) const {
  for (std::size_t from = 0; from < line.size();) {
    const text_span found = patterns_->first(line, from);
    if (found.end <= found.begin) return;
    out.push_back(found);
    from = found.end;
  }
}

}  // namespace oklog
