// Random records cut into random blocks, the answer that a plain search line by line gives, and a
// driver that runs a scan to its end.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "oklog/base/prng.h"
#include "oklog/query/record_writer.h"
#include "oklog/store/scan.h"

namespace oklog::scan_world {

struct row {
  ulid id;
  std::string topic;
  std::string text;
  bool continuation = false;

  record_view view() const { return {id, topic, text, continuation}; }
};

struct world {
  std::vector<row> rows;  // as they were put into blocks, with duplicates
  std::vector<block_ref> blocks;
};

struct answered {
  std::string text;
  query_stats stats;
  coverage covered;
};

inline query make_query(parameters params) {
  bool bounded = false;
  for (const auto& [name, value] : params) bounded = bounded || name == "to";
  params.emplace_back("from", format(ulid_min));
  if (!bounded) params.emplace_back("to", format(ulid_max));
  auto q = parse_query(params, from_unix_ms(5000));
  REQUIRE(q);
  return *q;
}

inline batch batch_of(const std::vector<row>& rows) {
  batch b;
  for (const row& r : rows) b.add(r.view());
  return b;
}

inline block_ref ref_of(const batch& b) {
  block_ref ref;
  ref.min = b.min();
  ref.max = b.max();
  ref.records = b.records();
  ref.raw_bytes = static_cast<std::uint32_t>(b.bytes());
  if (b.topics().size() == 1) ref.topic = b.topics().front();
  return ref;
}

// As a block of a store segment is: of one topic, in order, no two equal.
inline bool in_store_order(const std::vector<row>& rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const row& a = rows[i - 1];
    const row& b = rows[i];
    if (a.topic != b.topic || !(std::tie(a.id, a.text) < std::tie(b.id, b.text))) return false;
  }
  return true;
}

inline block_ref memory_block(const std::vector<row>& rows) {
  auto b = std::make_shared<const batch>(batch_of(rows));
  block_ref ref = ref_of(*b);
  ref.sorted = in_store_order(rows);
  ref.memory = b;
  return ref;
}

inline row random_row(prng& random) {
  static const std::string words[] = {"a", "b", "ab", " ", "É", "\"", "\xff", "xyz"};
  static const std::string topics[] = {"default", "web", "api"};
  row r;
  r.id = ulid::make(1000 + random.below(50), random.below(4), random.below(6));
  r.topic = topics[random.below(3)];
  for (std::uint64_t n = random.below(5); n > 0; --n) r.text += words[random.below(8)];
  if (random.chance(1, 50)) r.text += "\nb";
  // Equal records have equal flags, as they come from one source.
  r.continuation = r.text.size() % 2 == 1;
  return r;
}

// Blocks sorted and not, of one topic and of several, overlapping, with duplicates in and between.
inline world random_world(prng& random, std::size_t rows, std::size_t rows_a_block) {
  world w;
  for (std::size_t i = 0; i < rows; ++i) {
    w.rows.push_back(!w.rows.empty() && random.chance(1, 5) ? w.rows[random.below(w.rows.size())]
                                                            : random_row(random));
  }
  const auto by_topic_and_id = [](const row& a, const row& b) {
    return std::tie(a.topic, a.id, a.text) < std::tie(b.topic, b.id, b.text);
  };
  const auto by_id = [](const row& a, const row& b) { return a.id < b.id; };
  const std::uint64_t order = random.below(3);
  if (order == 1) std::sort(w.rows.begin(), w.rows.end(), by_topic_and_id);
  if (order == 2) std::stable_sort(w.rows.begin(), w.rows.end(), by_id);
  for (std::size_t at = 0; at < rows;) {
    const std::size_t n = std::min<std::size_t>(rows - at, 1 + random.below(rows_a_block));
    const auto begin = w.rows.begin() + static_cast<std::ptrdiff_t>(at);
    w.blocks.push_back(memory_block({begin, begin + static_cast<std::ptrdiff_t>(n)}));
    at += n;
  }
  random.shuffle(w.blocks);
  return w;
}

inline bool matches(const query& q, const row& r) {
  return q.from <= r.id && r.id <= q.to && q.wants_topic(r.topic) && q.match->matches(r.text);
}

// The rows that match, one by one: in the query's order, each once, at most its limit.
inline std::vector<row> matching(const query& q, std::vector<row> rows) {
  const bool newest_first = q.order == output_order::descending;
  std::sort(rows.begin(), rows.end(), [&](const row& a, const row& b) {
    if (a.id != b.id) return newest_first ? b.id < a.id : a.id < b.id;
    return std::tie(a.text, a.topic) < std::tie(b.text, b.topic);
  });
  const auto same = [](const row& a, const row& b) {
    return a.id == b.id && a.text == b.text && a.topic == b.topic;
  };
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
  std::erase_if(rows, [&](const row& r) { return !matches(q, r); });
  if (rows.size() > q.limit) rows.resize(q.limit);
  return rows;
}

// What a search of the rows one by one gives.
inline std::string expected(const query& q, const std::vector<row>& rows) {
  std::string out;
  for (const row& r : matching(q, rows)) append_record(out, r.view(), q);
  return out;
}

inline scan_options memory_of(std::size_t pending_bytes_max) {
  scan_options options;
  options.pending_bytes_max = pending_bytes_max;
  return options;
}

inline answered answer(scan s) {
  answered a;
  int idle = 0;
  while (!s.done()) {
    auto work = s.next_work(2);
    const bool worked = !work.empty();
    for (scan_work& w : work) w.run();
    s.absorb(std::move(work));
    const std::string piece = s.take_output();
    a.text += piece;
    idle = worked || !piece.empty() ? 0 : idle + 1;
    REQUIRE(idle < 3);  // no progress
  }
  a.stats = s.stats();
  a.covered = s.covered();
  return a;
}

}  // namespace oklog::scan_world
