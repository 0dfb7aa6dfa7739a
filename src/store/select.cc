#include "oklog/store/select.h"

#include <map>

#include "oklog/segment/filter.h"
#include "oklog/segment/filter_reader.h"

namespace oklog {
namespace {

static_assert(needed_bytes_min == gram_bytes, "pieces are asked for gram by gram");

// Asks the filters of one segment.
class filter_question {
 public:
  filter_question(const needed& literals, const store_segment& segment)
      : literals_(literals), segment_(segment), reader_(segment) {}

  // Leaves in `candidates` what may match. An error: everything that is left has to be read.
  result<> narrow(block_set& candidates) {
    if (literals_.everything() || candidates.empty() || !reader_.has_filters()) return {};
    split_by_alphabet(candidates);
    for (const needed_literal& literal : literals_.literals()) {
      TRY_LET(block_set holders, holders_of(literal));
      present_.push_back(std::move(holders));
    }
    keep_possible(candidates);
    return {};
  }

  std::uint64_t bytes_read() const { return reader_.bytes_read(); }

 private:
  // A text that is all ASCII may be asked for more (rule K22).
  void split_by_alphabet(const block_set& candidates) {
    ascii_ = elsewhere_ = block_set(candidates.blocks());
    candidates.for_each([&](std::size_t i) {
      (segment_.footer.blocks[i].header.ascii ? ascii_ : elsewhere_).add(i);
    });
  }

  result<block_set> holders_of(const needed_literal& literal) {
    block_set in_ascii = ascii_;
    for (const std::string& piece : literal.in_ascii) {
      TRY(reader_.keep_blocks_that_may_hold(piece, in_ascii));
    }
    block_set others = elsewhere_;
    for (const std::string& piece : literal.elsewhere) {
      TRY(reader_.keep_blocks_that_may_hold(piece, others));
    }
    in_ascii |= others;
    return in_ascii;
  }

  // Few combinations of literals occur, so each is put to the tree of the pattern once.
  void keep_possible(block_set& candidates) {
    std::map<std::vector<bool>, bool> answers;
    std::vector<bool> there(present_.size());
    candidates.for_each([&](std::size_t i) {
      for (std::size_t k = 0; k < there.size(); ++k) there[k] = present_[k].has(i);
      const auto [at, fresh] = answers.try_emplace(there, false);
      if (fresh) at->second = literals_.may_match(there);
      if (!at->second) candidates.remove(i);
    });
  }

  const needed& literals_;
  const store_segment& segment_;
  filter_reader reader_;
  block_set ascii_{0};
  block_set elsewhere_{0};
  std::vector<block_set> present_;  // of each literal: the blocks that may hold it
};

// The blocks that meet the query's time and topics; counts the others.
block_set meeting_blocks(const query& q, const store_segment& segment, query_stats& stats) {
  const store_footer& f = segment.footer;
  std::vector<bool> topics;
  for (const std::string& topic : f.topics) topics.push_back(q.wants_topic(topic));
  block_set blocks(f.blocks.size());
  for (std::size_t i = 0; i < f.blocks.size(); ++i) {
    const store_block& b = f.blocks[i];
    if (b.header.max < q.from || q.to < b.header.min) {
      ++stats.blocks_skipped_time;
    } else if (!topics[b.topic]) {
      ++stats.blocks_skipped_topic;
    } else {
      blocks.add(i);
    }
  }
  return blocks;
}

void select_from(const segment_ptr& segment, const query& q, const needed& literals,
                 selection& out) {
  const store_footer& f = segment->footer;
  if (f.max < q.from || q.to < f.min) {
    out.stats.blocks_skipped_time += f.blocks.size();
    return;
  }
  const block_set met = meeting_blocks(q, *segment, out.stats);
  block_set candidates = met;
  filter_question filters(literals, *segment);
  const auto narrowed = filters.narrow(candidates);
  if (!narrowed) {
    candidates = met;
    out.damaged_filters.push_back(narrowed.error());
  }
  out.stats.filter_bytes_read += filters.bytes_read();
  if (!met.empty() && candidates.empty()) ++out.stats.segments_queried;
  met.for_each([&](std::size_t i) {
    if (candidates.has(i)) {
      out.blocks.push_back(segment->block(i));
    } else {
      ++out.stats.blocks_skipped_filter;
      out.stats.max_data_set_bytes += f.blocks[i].header.raw_bytes;
    }
  });
}

}  // namespace

std::uint64_t bytes_in_question(const query& q, const store_footer& footer) {
  if (footer.max < q.from || q.to < footer.min) return 0;
  if (q.from <= footer.min && footer.max <= q.to && q.topics.empty()) return footer.raw_bytes;
  std::uint64_t bytes = 0;
  for (const store_block& b : footer.blocks) {
    if (b.header.max < q.from || q.to < b.header.min) continue;
    if (q.wants_topic(footer.topics[b.topic])) bytes += b.header.raw_bytes;
  }
  return bytes;
}

selection select_blocks(const query& q, const needed& literals,
                        const std::vector<segment_ptr>& segments) {
  selection s;
  for (const segment_ptr& segment : segments) select_from(segment, q, literals, s);
  s.stats.blocks =
      s.stats.blocks_skipped_time + s.stats.blocks_skipped_topic + s.stats.blocks_skipped_filter;
  return s;
}

}  // namespace oklog
