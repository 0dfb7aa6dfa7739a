// Context: what grep -A -B shows of each stream, told from the records themselves.
#include "oklog/store/context.h"

#include <catch2/catch.hpp>
#include <map>

#include "store/scan_world.h"

using namespace oklog;
using namespace oklog::scan_world;

namespace {

std::string contexts(const query& q, const world& w) {
  context_writer writer(q, w.blocks);
  std::string out;
  for (const row& r : matching(q, w.rows)) {
    writer.add(r.view());
    while (writer.advance(out)) {
    }
  }
  CHECK(writer.take_failures().empty());
  CHECK(writer.waiting_bytes() == 0);
  return out;
}

// As grep does it on a file: of one list of rows, groups of lines around matches.
void grep(const query& q, const std::vector<row>& rows, std::map<ulid, std::string>& groups) {
  record_writer writer(q);
  std::vector<bool> hit;
  for (const row& r : rows) hit.push_back(matches(q, r));
  std::string group;
  ulid first;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool shown = hit[i];
    for (std::size_t k = 1; k <= q.context.before && i + k < rows.size(); ++k)
      shown = shown || hit[i + k];
    for (std::size_t k = 1; k <= q.context.after && k <= i; ++k) shown = shown || hit[i - k];
    if (!shown) {
      if (!group.empty()) groups[first] = std::move(group);
      group.clear();
      continue;
    }
    if (hit[i] && (group.empty() || first == ulid_max)) first = rows[i].id;
    if (group.empty() && !hit[i]) first = ulid_max;  // known with the first match
    if (hit[i]) {
      writer.append(group, rows[i].view());
    } else {
      writer.append_context(group, rows[i].view());
    }
  }
  if (!group.empty()) groups[first] = std::move(group);
}

std::string expected_contexts(const query& q, const world& w) {
  query everything = q;
  everything.from = ulid_min;
  everything.to = ulid_max;
  everything.match = std::make_shared<const matcher>(*matcher::make("", false));
  std::map<std::pair<std::string, std::uint64_t>, std::vector<row>> lists;
  for (row& r : matching(everything, w.rows)) {
    auto key = q.context.all_streams ? std::pair<std::string, std::uint64_t>{}
                                     : std::pair{r.topic, r.id.stream()};
    lists[key].push_back(std::move(r));
  }
  std::map<ulid, std::string> groups;  // by their first match
  for (const auto& [key, rows] : lists) grep(q, rows, groups);
  std::string out;
  for (const auto& [first, group] : groups) out += (out.empty() ? "" : "--\n") + group;
  return out;
}

// Ids are unique, as streams make them; a stream may have several topics.
world unique_world(prng& random, std::size_t rows) {
  world w;
  std::map<std::uint64_t, std::uint64_t> next;
  std::uint64_t ms = 1000;
  for (std::size_t i = 0; i < rows; ++i) {
    ms += random.below(3);
    const std::uint64_t stream = random.below(4);
    const char* topic = random.chance(1, 6) ? "other" : "web";
    const std::string text = random.chance(1, 7) ? "hit " + std::to_string(i) : std::to_string(i);
    w.rows.push_back({ulid::make(ms, stream, ++next[stream]), topic, text});
  }
  std::vector<row> sorted = w.rows;
  std::sort(sorted.begin(), sorted.end(), [](const row& a, const row& b) { return a.id < b.id; });
  for (std::size_t at = 0; at < rows;) {
    const std::size_t n = std::min<std::size_t>(rows - at, 1 + random.below(40));
    const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(at);
    w.blocks.push_back(memory_block({begin, begin + static_cast<std::ptrdiff_t>(n)}));
    at += n;
  }
  random.shuffle(w.blocks);
  return w;
}

}  // namespace

TEST_CASE("context: equal to grep -A -B on each stream, and on all in order", "[store]") {
  prng random(12);
  for (int round = 0; round < 150; ++round) {
    const world w = unique_world(random, 1 + random.below(300));
    for (const char* of : {"stream", "all"}) {
      const query q = make_query({{"q", "hit"},
                                  {"before", std::to_string(random.below(4))},
                                  {"after", std::to_string(random.below(4))},
                                  {"context", of}});
      REQUIRE(contexts(q, w) == expected_contexts(q, w));
    }
  }
}

TEST_CASE("context: neighbours outside of the query's time and of its pattern are shown",
          "[store]") {
  std::vector<row> rows;
  for (std::uint64_t i = 0; i < 5; ++i) {
    rows.push_back({ulid::make(1000 + i, 1, i), "t", "line " + std::to_string(i)});
  }
  const world w{rows, {memory_block(rows)}};
  const query q = make_query({{"from", format(ulid::lowest(1002))},
                              {"to", format(ulid::highest(1002))},
                              {"before", "1"},
                              {"after", "1"}});
  CHECK(contexts(q, w) == format(rows[1].id) + "-line 1\n" + format(rows[2].id) + " line 2\n" +
                              format(rows[3].id) + "-line 3\n");
}

TEST_CASE("context: what lies more than five minutes away is no neighbour", "[store]") {
  const std::vector<row> rows{{ulid::make(1000, 1, 1), "t", "far"},
                              {ulid::make(1000 + 300'001, 1, 2), "t", "hit"},
                              {ulid::make(1000 + 600'001, 1, 3), "t", "near"}};
  const world w{rows, {memory_block(rows)}};
  const query q = make_query({{"q", "hit"}, {"before", "1"}, {"after", "1"}});
  CHECK(contexts(q, w) == format(rows[1].id) + " hit\n" + format(rows[2].id) + "-near\n");
}

TEST_CASE("context: a limit ends the matches, and what follows the last is still shown",
          "[store]") {
  std::vector<row> rows;
  for (std::uint64_t i = 0; i < 4; ++i) rows.push_back({ulid::make(1000 + i, 1, i), "t", "hit"});
  const world w{rows, {memory_block(rows)}};
  const query q = make_query({{"q", "hit"}, {"after", "2"}, {"limit", "1"}});
  CHECK(contexts(q, w) == format(rows[0].id) + " hit\n" + format(rows[1].id) + "-hit\n" +
                              format(rows[2].id) + "-hit\n");
}

TEST_CASE("context: a block that cannot be read is noted once, and the others are shown (K20)",
          "[store]") {
  block_ref bad;
  bad.min = ulid::make(900, 1, 1);
  bad.max = ulid::make(999, 1, 1);
  bad.records = 2;
  bad.topic = "t";
  const std::vector<row> rows{{ulid::make(1000, 1, 3), "t", "a"},
                              {ulid::make(1001, 1, 4), "t", "hit"}};
  const query q = make_query({{"q", "hit"}, {"before", "2"}});
  context_writer writer(q, {bad, memory_block(rows)});
  std::string out;
  writer.add(rows[1].view());
  writer.advance(out);
  CHECK(out == format(rows[0].id) + "-a\n" + format(rows[1].id) + " hit\n");
  CHECK(writer.take_failures().size() == 1);
  CHECK(writer.take_failures().empty());
}
