// Merges the answers of several sources to one query: each gives its matches in the query's order,
// block by block; out come all of them in order, equal records once (rule K1), and no more than
// query::limit. Or it counts them over time, each once. The face is that of a scan (scan.h).
//
//   answer_merge m(query, sources);      // add_source() for more
//   while (!m.done()) {
//     m.add(source, block) or m.end(source) for what has come;   // several blocks may wait
//     write(m.take_output());                                    // decodes, merges, formats
//   }
//
// A block is decoded when its source is the one that holds up the others, so that of each source at
// most one decoded block waits, and the rest as it came. For a count the blocks carry a hash in the
// place of each text (hash_text). One thread at a time; on the pool.
//
// A source whose block is damaged, or that does not keep the order, is given up: failed() says so.
// One that is replaced is dropped: what was decoded of it stays, and whoever comes in its place
// gives the same from the id on that drop() returns, in the query's order. What both give is given
// out once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/query/histogram.h"
#include "oklog/query/query.h"
#include "oklog/record/batch.h"

namespace oklog {

// What stands for a text in an answer that is only counted: 8 bytes.
std::string hash_text(std::string_view text);

class answer_merge {
 public:
  // REQUIRES: q.match is set only where context is asked for.
  answer_merge(const query& q, std::size_t sources);
  // Counts; q.limit, order and format do not matter.
  answer_merge(const query& q, std::size_t sources, histogram_axis axis);
  ~answer_merge();
  answer_merge(answer_merge&&) noexcept;

  // One more, which gives nothing before that id; its number.
  std::size_t add_source(const ulid& start);
  // Nothing more comes from it, and what waits of it is thrown away. All that it had before the id
  // that is returned is in the merge.
  ulid drop(std::size_t source);
  // The same id, while the source goes on.
  ulid reached(std::size_t source) const;

  // The next block of a source: as encode_block() made it, or the records themselves.
  void add(std::size_t source, std::string block);
  void add(std::size_t source, batch records);
  // Nothing more will come from it.
  void end(std::size_t source);
  // Bytes of its blocks that are not decoded yet.
  std::size_t waiting_bytes(std::size_t source) const;

  // Everything was given out.
  bool done() const;
  // What is ready, formatted for the wire, about a MiB; empty where the next block of some source
  // has to come first. Counting: nothing, but it is counted.
  std::string take_output();
  // The same record by record, until fn returns false; views are valid within the call.
  void take_records(const std::function<bool(const record_view&)>& fn);

  // Sources that were given up since the last call.
  std::vector<std::pair<std::size_t, error>> take_failed();
  std::uint64_t records() const;  // given out or counted
  const time_histogram& counts() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace oklog
