#include "oklog/store/answer_merge.h"

#include <deque>
#include <utility>
#include <variant>

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"
#include "oklog/segment/block.h"
#include "store/scan_ids.h"
#include "store/scan_pending.h"
#include "store/scan_sinks.h"

namespace oklog {

std::string hash_text(std::string_view text) {
  std::string hash;
  put_int(hash, xxh3_64(text));
  return hash;
}

struct answer_merge::state {
  struct source {
    std::deque<std::variant<std::string, batch>> blocks;
    std::size_t bytes = 0;
    bool ended = false;
    // The highest key of the blocks decoded, or where it begins: none of the later ones is below.
    ulid last;
  };

  state(const query& query_, std::size_t n, std::optional<histogram_axis> axis)
      : q(query_),
        order(axis ? output_order::ascending : q.order),
        counting(axis.has_value()),
        counts(axis.value_or(histogram_axis{})),
        writer(q),
        sources(n) {}

  query q;
  scan_order order;
  bool counting;
  time_histogram counts;
  record_writer writer;
  query_stats stats;
  std::vector<source> sources;
  scan_pending pending;
  std::vector<std::pair<std::size_t, error>> failed;
  bool full = false;  // the limit was reached

  std::optional<ulid> frontier() const;
  bool feed();
  void decode(std::size_t i);
  result<> take(source& s, batch records);
  bool ready() const;
  template <class Sink>
  void give(Sink&& sink);
};

// The lowest key that may still come; nothing where nothing will.
std::optional<ulid> answer_merge::state::frontier() const {
  std::optional<ulid> lowest;
  for (const source& s : sources) {
    if (s.ended && s.blocks.empty()) continue;
    if (!lowest || s.last < *lowest) lowest = s.last;
  }
  return lowest;
}

bool answer_merge::state::ready() const {
  if (full || pending.empty()) return false;
  const auto bound = frontier();
  return !bound || pending.lowest() < *bound;
}

// Decodes the next block of each source that holds up the others. False where one of them has none.
bool answer_merge::state::feed() {
  const auto bound = frontier();
  if (!bound || full) return false;
  bool fed = false;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const source& s = sources[i];
    if (*bound < s.last || s.blocks.empty()) continue;
    decode(i);
    fed = true;
  }
  return fed;
}

void answer_merge::state::decode(std::size_t i) {
  source& s = sources[i];
  auto next = std::move(s.blocks.front());
  s.blocks.pop_front();
  result<> taken;
  if (auto* bytes = std::get_if<std::string>(&next)) {
    s.bytes -= bytes->size();
    auto records = decode_block(*bytes, text_check::frame);
    taken = records ? take(s, std::move(*records)) : result<>(records.error());
  } else {
    auto& records = std::get<batch>(next);
    s.bytes -= records.bytes();
    taken = take(s, std::move(records));
  }
  if (taken) return;
  failed.emplace_back(i, taken.error());
  s.blocks.clear();
  s.bytes = 0;
  s.ended = true;
}

result<> answer_merge::state::take(source& s, batch records) {
  if (records.empty()) return {};
  const ulid first = order.key(order.descending() ? records.max() : records.min());
  const ulid last = order.key(order.descending() ? records.min() : records.max());
  if (first < s.last) return fail(errc::corruption, "its records are out of order");
  if (records.min() < q.from || q.to < records.max()) {
    return fail(errc::corruption, "it holds records that were not asked for");
  }
  const block_columns columns{records.topics(), records.runs(), records.lengths(),
                              records.continuations()};
  scan_run run(order, columns.topics);
  for_all(columns, records.text(), [&](const id_run& ids, const ulid& id, const text_hit& at) {
    run.add_borrowed(id, ids.topic, at.begin, at.size, continues(columns, at.record));
  });
  run.finish(no_limit, std::move(records).take_text());
  pending.add(std::move(run));
  s.last = last;
  return {};
}

template <class Sink>
void answer_merge::state::give(Sink&& sink) {
  pending.give(frontier(), sink);
  if (counting || stats.records_matched < q.limit) return;
  full = true;
  pending = scan_pending();
}

answer_merge::answer_merge(const query& q, std::size_t sources)
    : state_(std::make_unique<state>(q, sources, std::nullopt)) {}
answer_merge::answer_merge(const query& q, std::size_t sources, histogram_axis axis)
    : state_(std::make_unique<state>(q, sources, axis)) {}
answer_merge::~answer_merge() = default;
answer_merge::answer_merge(answer_merge&&) noexcept = default;

std::size_t answer_merge::add_source(const ulid& start) {
  state_->sources.emplace_back();
  state_->sources.back().last = state_->order.key(start);
  return state_->sources.size() - 1;
}

ulid answer_merge::drop(std::size_t source) {
  auto& s = state_->sources[source];
  s.blocks.clear();
  s.bytes = 0;
  s.ended = true;
  return state_->order.id(s.last);
}

ulid answer_merge::reached(std::size_t source) const {
  return state_->order.id(state_->sources[source].last);
}

void answer_merge::add(std::size_t source, std::string block) {
  auto& s = state_->sources[source];
  if (s.ended) return;
  s.bytes += block.size();
  s.blocks.emplace_back(std::move(block));
}

void answer_merge::add(std::size_t source, batch records) {
  auto& s = state_->sources[source];
  if (s.ended) return;
  s.bytes += records.bytes();
  s.blocks.emplace_back(std::move(records));
}

void answer_merge::end(std::size_t source) {
  state_->sources[source].ended = true;
}

std::size_t answer_merge::waiting_bytes(std::size_t source) const {
  return state_->sources[source].bytes;
}

bool answer_merge::done() const {
  return state_->full || (!state_->frontier() && state_->pending.empty());
}

std::string answer_merge::take_output() {
  state& s = *state_;
  std::string out;
  bool more = true;
  while (more && out.size() < scan_output_bytes_target) {
    if (!s.ready()) more = s.feed();
    if (!s.ready()) continue;
    if (s.counting) {
      s.give(count_sink{s.counts, s.stats});
    } else {
      s.give(wire_sink{s.writer, s.stats, s.q.limit, out});
    }
  }
  return out;
}

void answer_merge::take_records(const std::function<bool(const record_view&)>& fn) {
  state& s = *state_;
  bool wanted = true;
  const std::function<bool(const record_view&)> watched = [&](const record_view& r) {
    wanted = fn(r);
    return wanted;
  };
  bool more = true;
  while (more && wanted) {
    if (!s.ready()) more = s.feed();
    if (s.ready()) s.give(record_sink{watched, s.stats, s.q.limit});
  }
}

std::vector<std::pair<std::size_t, error>> answer_merge::take_failed() {
  return std::exchange(state_->failed, {});
}
std::uint64_t answer_merge::records() const {
  return state_->stats.records_matched;
}
const time_histogram& answer_merge::counts() const {
  return state_->counts;
}

}  // namespace oklog
