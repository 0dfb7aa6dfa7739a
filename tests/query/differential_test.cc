// Matching against the definition: each record alone, with RE2 or a plain comparison (K21); and
// what the filters are asked against what matching records hold (K22).
#include <algorithm>
#include <catch2/catch.hpp>

#include "oklog/base/find_bytes.h"
#include "oklog/query/matcher.h"
#include "oklog/query/needed.h"
#include "oklog/query/terminal.h"
#include "query/definition.h"
#include "query/random_patterns.h"

using namespace oklog;

namespace {

std::string shown(const random_case& c) {
  std::string out = c.options.regex ? "regex" : "literal";
  if (c.options.ignore_case) out += " -i";
  if (c.options.invert) out += " -invert";
  for (const std::string& p : c.patterns) out += " <" + excerpt(p) + ">";
  return out;
}

using numbers = std::vector<std::uint32_t>;

void check_lines(const matcher& m, const batch& b, const numbers& wanted) {
  std::vector<line_hit> hits;
  m.find_in_lines(b.text(), hits);
  std::vector<text_hit> numbered;
  add_numbers(b.text(), hits, numbered);
  numbers found;
  for (const text_hit& h : numbered) found.push_back(h.record);
  CHECK(found == wanted);
  CHECK(m.count_in_lines(b.text()) == wanted.size());
}

// What the filter of a block that holds `record` would say at least.
bool may_match(const needed& n, const std::string& record, bool ascii_block) {
  const std::string folded = fold_ascii(std::string_view(record));
  std::vector<bool> present;
  for (const needed_literal& literal : n.literals()) {
    const auto& pieces = ascii_block ? literal.in_ascii : literal.elsewhere;
    present.push_back(std::all_of(pieces.begin(), pieces.end(), [&](const std::string& piece) {
      REQUIRE(piece.size() >= needed_bytes_min);
      return folded.find(piece) != std::string::npos;
    }));
  }
  return n.everything() || n.may_match(present);
}

void check_needed(const needed& n, const std::string& record) {
  CHECK(may_match(n, record, false));  // in a block with others
  if (all_ascii(record)) CHECK(may_match(n, record, true));
}

struct tally {
  int valid = 0;
  int wrong = 0;
  int with_hits = 0;
  int selective = 0;  // something is asked of the filters
};

void check_case(const random_case& c, tally& t) {
  INFO(shown(c));
  const definition truth(c);
  const auto m = matcher::make(c.patterns, c.options);
  REQUIRE(m.has_value() == truth.valid());
  ++(m ? t.valid : t.wrong);
  if (!m) return;
  const needed n = needed::of(*m);
  numbers wanted;
  for (std::uint32_t i = 0; i < c.records.size(); ++i) {
    INFO("record <" << excerpt(c.records[i]) << ">");
    const bool matches = truth.matches(c.records[i]);
    CHECK(m->matches(c.records[i]) == matches);
    if (!matches) continue;
    wanted.push_back(i);
    check_needed(n, c.records[i]);
  }
  const batch b = batch_of(c.records);
  std::vector<text_hit> hits;
  m->find(b, hits);
  numbers found;
  for (const text_hit& h : hits) {
    found.push_back(h.record);
    CHECK(b.text().substr(h.begin, h.size) == c.records[h.record]);
  }
  CHECK(found == wanted);
  if (b.lengths().empty()) check_lines(*m, b, wanted);
  t.with_hits += wanted.empty() ? 0 : 1;
  t.selective += n.everything() ? 0 : 1;
}

void check_cases(std::uint64_t seed, int count) {
  pattern_source source(seed);
  tally t;
  for (int i = 0; i < count; ++i) check_case(source.next(), t);
  INFO(t.valid << " patterns, " << t.with_hits << " found something, " << t.selective
               << " could use filters; " << t.wrong << " wrong ones");
  // The cases are worth something.
  CHECK(t.valid > count * 2 / 3);
  CHECK(t.wrong > 0);
  CHECK(t.with_hits > t.valid / 4);
  CHECK(t.selective > t.valid / 10);
}

}  // namespace

TEST_CASE("matching: random patterns find what each record alone says (K21, K22)", "[query]") {
  check_cases(21, 5'000);
}

TEST_CASE("matching: many more random patterns make no difference (K21, K22)", "[.slow]") {
  check_cases(22, 100'000);
}
