#include "oklog/grep/hit_lines.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "oklog/base/prng.h"

using namespace oklog;
using namespace oklog::grep;

namespace {

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// The lines with an x, fed in pieces of `lines_a_piece` lines; "3:x" a match, "2-y" context.
std::string shown(const hit_lines_options& options, const std::vector<std::string>& lines,
                  std::size_t lines_a_piece) {
  std::ostringstream out;
  hit_lines_options o = options;
  o.numbers = true;
  hit_lines h(o, [&](const shown_line& l) {
    if (l.after_gap) out << "--\n";
    out << l.number << (l.context ? '-' : ':') << l.text << "\n";
  });
  h.begin_file();
  for (std::size_t at = 0; at < lines.size(); at += lines_a_piece) {
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        lines.begin() + static_cast<std::ptrdiff_t>(std::min(at + lines_a_piece, lines.size()));
    const std::string text = text_of({begin, end});
    std::vector<line_hit> hits;
    const auto m = matcher::make("x", false);
    REQUIRE(m);
    m->find_in_lines(text, hits);
    h.feed(text, hits);
    if (h.done()) break;
  }
  return out.str();
}

// The same by the definition, without pieces.
std::string expected(const hit_lines_options& o, const std::vector<std::string>& lines) {
  std::vector<std::size_t> hits;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find('x') != std::string::npos) hits.push_back(i);
  }
  hits.erase(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(
                                              std::min<std::size_t>(o.skip, hits.size())));
  if (hits.size() > o.limit) hits.resize(o.limit);
  std::ostringstream out;
  std::size_t last = lines.size() + 1;  // the line shown last
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bool match = false;
    bool near = false;
    for (const std::size_t hit : hits) {
      match = match || hit == i;
      near = near || (hit > i ? hit - i <= o.before : i - hit <= o.after);
    }
    if (!match && !near) continue;
    const bool around = o.before > 0 || o.after > 0;
    if (around && last < lines.size() && last + 1 != i) out << "--\n";
    out << i + 1 << (match ? ':' : '-') << lines[i] << "\n";
    last = i;
  }
  return out.str();
}

}  // namespace

TEST_CASE("hit lines: context, gaps, numbers, skip and limit do not depend on the pieces",
          "[grep]") {
  prng random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> lines;
    const std::size_t count = random.below(30);
    const std::uint64_t rarity = 1 + random.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      lines.push_back(random.below(rarity) == 0 ? "x" + std::to_string(i) : "y");
    }
    hit_lines_options o;
    o.before = static_cast<std::uint32_t>(random.below(4));
    o.after = static_cast<std::uint32_t>(random.below(4));
    if (random.below(4) == 0) o.skip = random.below(4);
    if (random.below(4) == 0) o.limit = 1 + random.below(4);
    const std::size_t piece = 1 + random.below(6);
    INFO("round " << round << " before " << o.before << " after " << o.after << " skip " << o.skip
                  << " limit " << o.limit << " piece " << piece);
    REQUIRE(shown(o, lines, piece) == expected(o, lines));
  }
}

TEST_CASE("hit lines: a new file begins a new group and counts from 1", "[grep]") {
  std::string out;
  hit_lines_options o;
  o.before = 1;
  o.after = 1;
  o.numbers = true;
  hit_lines h(o, [&](const shown_line& l) {
    out += (l.after_gap ? "--|" : "") + std::to_string(l.number) + std::string(l.text) + "|";
  });
  h.begin_file();
  h.feed("x\n", {{0, 1}});
  h.begin_file();
  h.feed("x\ny\n", {{0, 1}});
  CHECK(out == "1x|--|1x|2y|");
}
