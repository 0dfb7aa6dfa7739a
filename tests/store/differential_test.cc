// Whole searches of a store against the definition: random patterns over segments with n-gram
// filters, by way of selection, scan and formatting, byte for byte (rules K21, K22).
#include <algorithm>

#include "oklog/query/terminal.h"
#include "oklog/store/select.h"
#include "query/definition.h"
#include "store/scan_world.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;

namespace {

constexpr std::size_t cases_a_store = 40;

struct tally {
  std::size_t patterns = 0;
  std::size_t with_hits = 0;
  std::size_t blocks_skipped = 0;
};

query query_of(const random_case& c, bool newest_first) {
  query q;
  q.patterns = c.patterns;
  q.regex = c.options.regex;
  q.ignore_case = c.options.ignore_case;
  q.invert = c.options.invert;
  q.order = newest_first ? output_order::descending : output_order::ascending;
  return q;
}

std::string expected(const query& q, const definition& truth, const plain_records& records) {
  record_writer writer(q);
  std::string out;
  for (const plain_record& r : records) {
    if (truth.matches(r.text)) writer.append(out, {r.id, r.topic, r.text});
  }
  return out;
}

std::string searched(const query& q, const store_log& log, query_stats& stats) {
  selection chosen =
      select_blocks(q, needed::of(*q.match), log.snapshot(ulid_min, ulid_max).segments);
  REQUIRE(chosen.damaged_filters.empty());
  scan_world::answered got = scan_world::answer(scan(q, std::move(chosen.blocks)));
  REQUIRE(got.covered.state == coverage_state::full);
  stats = got.stats;
  stats.add(chosen.stats);
  return got.text;
}

void check_case(const random_case& c, store_world& world, const plain_records& records,
                bool newest_first, tally& t) {
  const definition truth(c);
  auto m = matcher::make(c.patterns, c.options);
  REQUIRE(m.has_value() == truth.valid());
  if (!m) return;
  std::string shown;
  for (const std::string& p : c.patterns) shown += " <" + excerpt(p) + ">";
  INFO((c.options.regex ? "regex" : "literal") << (c.options.ignore_case ? " -i" : "") << shown);
  query q = query_of(c, newest_first);
  q.match = std::make_shared<const matcher>(std::move(*m));
  query_stats stats;
  plain_records in_order = records;
  if (newest_first) std::reverse(in_order.begin(), in_order.end());
  const std::string wanted = expected(q, truth, in_order);
  REQUIRE(searched(q, world.log(), stats) == wanted);
  q.count_only = true;
  const std::string count = std::to_string(stats.records_matched) + "\n";
  REQUIRE(searched(q, world.log(), stats) == count);
  ++t.patterns;
  t.with_hits += wanted.empty() ? 0 : 1;
  t.blocks_skipped += stats.blocks_skipped_filter;
}

// The records of one case are one topic, and so one block.
void check_store(pattern_source& source, tally& t) {
  std::vector<random_case> cases;
  plain_records records;
  for (std::size_t i = 0; i < cases_a_store; ++i) {
    cases.push_back(source.next());
    const random_case& c = cases.back();
    for (std::size_t k = 0; k < c.records.size(); ++k) {
      records.push_back(
          {ulid::make(first_ms + k, i, k + 1), "t" + std::to_string(i), c.records[k]});
    }
  }
  records = sorted(std::move(records));
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  REQUIRE(world.consume(records));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    check_case(cases[i], world, records, i % 2 == 1, t);
  }
}

void check_stores(std::uint64_t seed, std::size_t patterns) {
  pattern_source source(seed);
  tally t;
  while (t.patterns < patterns) check_store(source, t);
  INFO(t.patterns << " patterns, " << t.with_hits << " found something, " << t.blocks_skipped
                  << " blocks skipped by filters");
  CHECK(t.with_hits > t.patterns / 3);
  CHECK(t.blocks_skipped > t.patterns);
}

}  // namespace

TEST_CASE("search: random patterns over a store find what each record alone says (K21, K22)",
          "[store]") {
  check_stores(31, 3'000);
}

TEST_CASE("search: many more random patterns over stores make no difference (K21, K22)",
          "[.slow]") {
  check_stores(32, 100'000);
}
