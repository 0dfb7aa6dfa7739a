#include "oklog/query/matcher.h"

#include <algorithm>

#include "oklog/base/find_bytes.h"
#include "query/line_plan.h"
#include "query/line_search.h"
#include "query/lines.h"

namespace oklog {
namespace {

line_hit hit_of(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
}

template <class Fn>
void for_all_lines(std::string_view text, std::size_t begin, std::size_t end, Fn&& fn) {
  while (begin < end) {
    const std::size_t feed = line_end(text, begin);
    fn(begin, feed);
    begin = feed + 1;
  }
}

result<> check_size(const std::vector<std::string>& patterns) {
  if (patterns.size() > patterns_max) {
    return fail(errc::invalid, std::to_string(patterns.size()) + " patterns; at most " +
                                   std::to_string(patterns_max) + " are allowed");
  }
  std::size_t bytes = 0;
  for (const std::string& pattern : patterns) bytes += pattern.size();
  if (bytes <= pattern_bytes_max) return {};
  return fail(errc::invalid, (patterns.size() == 1 ? "the pattern has " : "the patterns have ") +
                                 std::to_string(bytes) + " bytes; at most " +
                                 std::to_string(pattern_bytes_max) + " are allowed");
}

}  // namespace

struct matcher::plan : line_plan {};

matcher::matcher(std::vector<std::string> patterns, const match_options& options)
    : patterns_(std::move(patterns)),
      options_(options),
      any_(patterns_.empty() || std::any_of(patterns_.begin(), patterns_.end(),
                                            [](const std::string& p) { return p.empty(); })) {}
matcher::~matcher() = default;
matcher::matcher(matcher&&) noexcept = default;
matcher& matcher::operator=(matcher&&) noexcept = default;

result<matcher> matcher::make(std::vector<std::string> patterns, const match_options& options) {
  TRY(check_size(patterns));
  matcher m(std::move(patterns), options);
  std::vector<std::string> asking = m.patterns_;
  std::erase(asking, std::string());
  // Also where all match anyhow: a wrong regex beside an empty one is refused.
  TRY_LET(line_plan lines, plan_lines(asking, options));
  m.plan_ = std::make_unique<const plan>(plan{std::move(lines)});
  return m;
}

result<matcher> matcher::make(std::string pattern, bool regex) {
  return make(std::vector<std::string>{std::move(pattern)}, {.regex = regex});
}

bool matcher::matches(std::string_view record) const {
  return (any_ || plan_->matches(record)) != options_.invert;
}

// fn(from, at, end): a line that the patterns match, not inverted; it begins at or behind `from`,
// byte `at` and the line feed `end` are in it. REQUIRES: not any_.
template <class Fn>
void matcher::for_each_plain(std::string_view text, Fn&& fn) const {
  line_search search(*plan_, text);
  std::size_t from = 0;
  while (true) {
    const std::size_t at = search.next(from);
    if (at == std::string_view::npos) return;
    const std::size_t end = line_end(text, at);
    fn(from, at, end);
    from = end + 1;
  }
}

// fn(begin, end) for each line that matches.
template <class Fn>
void matcher::for_each_line(std::string_view text, Fn&& fn) const {
  if (any_) {
    if (!options_.invert) for_all_lines(text, 0, text.size(), fn);
    return;
  }
  std::size_t done = 0;
  for_each_plain(text, [&](std::size_t from, std::size_t at, std::size_t end) {
    const std::size_t begin = line_begin(text, from, at);
    if (options_.invert) {
      for_all_lines(text, from, begin, fn);
    } else {
      fn(begin, end);
    }
    done = end + 1;
  });
  if (options_.invert) for_all_lines(text, done, text.size(), fn);
}

void matcher::find_in_lines(std::string_view text, std::vector<line_hit>& out) const {
  for_each_line(text,
                [&](std::size_t begin, std::size_t end) { out.push_back(hit_of(begin, end)); });
}

std::uint64_t matcher::count_in_lines(std::string_view text) const {
  if (any_) return options_.invert ? 0 : count_line_feeds(text);
  std::uint64_t count = 0;
  for_each_plain(text, [&](std::size_t, std::size_t, std::size_t) { ++count; });
  return options_.invert ? count_line_feeds(text) - count : count;
}

void matcher::find(const batch& records, std::vector<text_hit>& out) const {
  if (records.lengths().empty()) {
    std::vector<line_hit> hits;
    find_in_lines(records.text(), hits);
    add_numbers(records.text(), hits, out);
    return;
  }
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

void add_numbers(std::string_view text, const std::vector<line_hit>& hits,
                 std::vector<text_hit>& out) {
  std::size_t begin = 0;
  std::uint32_t record = 0;
  for (const line_hit& hit : hits) {
    record += count_line_feeds(text.substr(begin, hit.begin - begin));
    out.push_back({record, hit.begin, hit.size});
    begin = hit.begin;
  }
}

}  // namespace oklog
