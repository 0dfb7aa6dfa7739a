#include "oklog/store/scan.h"

#include <algorithm>
#include <set>

#include "oklog/base/assert.h"
#include "oklog/query/record_writer.h"
#include "store/scan_pending.h"
#include "store/scan_search.h"

namespace oklog {
namespace {

constexpr std::size_t work_blocks_max = 64;

// Where a block lies, for people.
std::string place(const block_ref& ref) {
  if (!ref.file) return "block in memory";
  const std::string& path = ref.file->path;
  return "block at " + std::to_string(ref.offset) + " of " + path.substr(path.rfind('/') + 1);
}

// Marks the blocks whose id range no other one meets. REQUIRES: in order of their lowest id.
void mark_sole(std::vector<scan_block>& blocks) {
  ulid highest = ulid_min;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const block_ref& ref = blocks[i].ref;
    const bool before = i > 0 && ref.min <= highest;
    const bool behind = i + 1 < blocks.size() && blocks[i + 1].ref.min <= ref.max;
    blocks[i].sole = !before && !behind;
    highest = std::max(highest, ref.max);
  }
}

bool wanted_block(const query& q, const block_ref& ref) {
  if (ref.records == 0 || ref.max < q.from || q.to < ref.min) return false;
  return ref.topic.empty() || q.wants_topic(ref.topic);
}

}  // namespace

struct scan_work::state {
  struct outcome {
    std::size_t number;
    result<scan_found> found;
  };
  std::shared_ptr<const query> q;
  scan_run::range wanted;
  std::vector<scan_block> blocks;
  std::vector<outcome> outcomes;
};

scan_work::scan_work(std::unique_ptr<state> s) : state_(std::move(s)) {}
scan_work::~scan_work() = default;
scan_work::scan_work(scan_work&&) noexcept = default;
scan_work& scan_work::operator=(scan_work&&) noexcept = default;

void scan_work::run() {
  block_searcher searcher(*state_->q, state_->wanted);
  for (const scan_block& block : state_->blocks) {
    state_->outcomes.push_back({block.number, searcher.search(block)});
  }
}

struct scan::state {
  std::shared_ptr<const query> q;
  std::size_t pending_bytes_max;
  std::vector<scan_block> blocks;  // in order of their lowest id
  std::vector<bool> finished;      // a block that no later pass needs: counted, or not readable

  // This pass: ids from wanted.from on, below `cut` where memory did not suffice for more.
  scan_run::range wanted;
  std::optional<ulid> cut;
  std::size_t next = 0;
  std::multiset<ulid> under_way;  // the lowest id of each piece of work not absorbed yet

  scan_pending pending;
  record_writer writer;
  query_stats stats;
  coverage covered;
  bool count_given = false;

  state(query query_, std::vector<block_ref> refs, std::size_t bytes_max);
  bool has_blocks() const;
  void skip_blocks();
  std::optional<ulid> frontier() const;
  bool ready() const;
  void settle();
  bool complete() const;
  std::unique_ptr<scan_work::state> make_work();
  void absorb(scan_work::state::outcome outcome);
  void count_ready();
};

scan::state::state(query query_, std::vector<block_ref> refs, std::size_t bytes_max)
    : q(std::make_shared<const query>(std::move(query_))),
      pending_bytes_max(bytes_max),
      wanted{q->from, q->to},
      writer(*q) {
  ASSERT(q->match != nullptr, "a scan needs a matcher");
  std::set<const data_file*> files;
  for (block_ref& ref : refs) {
    if (!wanted_block(*q, ref)) {
      ++stats.blocks_skipped;
      continue;
    }
    if (ref.file) files.insert(ref.file.get());
    stats.max_data_set_bytes += ref.raw_bytes;
    blocks.push_back({0, std::move(ref), false});
  }
  stats.segments_queried = files.size();
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const scan_block& a, const scan_block& b) { return a.ref.min < b.ref.min; });
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i].number = i;
  mark_sole(blocks);
  finished.resize(blocks.size(), false);
}

// Passes over blocks that this pass does not need.
void scan::state::skip_blocks() {
  while (next < blocks.size() && (finished[next] || blocks[next].ref.max < wanted.from)) ++next;
}

bool scan::state::has_blocks() const {
  return next < blocks.size() && (!cut || blocks[next].ref.min < *cut);
}

// The lowest id that may still come; nothing where nothing will.
std::optional<ulid> scan::state::frontier() const {
  std::optional<ulid> lowest;
  if (has_blocks()) lowest = blocks[next].ref.min;
  if (!under_way.empty())
    lowest = lowest ? std::min(*lowest, *under_way.begin()) : *under_way.begin();
  return lowest;
}

bool scan::state::ready() const {
  if (pending.empty()) return false;
  const auto bound = frontier();
  return !bound || pending.lowest() < *bound;
}

// Begins the next pass where one is over and something was dropped.
void scan::state::settle() {
  skip_blocks();
  if (!cut || has_blocks() || !under_way.empty() || !pending.empty()) return;
  wanted.from = *cut;
  cut.reset();
  next = 0;
  skip_blocks();
}

bool scan::state::complete() const {
  return !has_blocks() && under_way.empty() && pending.empty() && !cut;
}

std::unique_ptr<scan_work::state> scan::state::make_work() {
  auto work = std::make_unique<scan_work::state>();
  work->q = q;
  work->wanted = wanted;
  std::size_t bytes = 0;
  for (skip_blocks(); has_blocks(); skip_blocks()) {
    const block_ref& ref = blocks[next].ref;
    const bool full =
        bytes + ref.raw_bytes > scan_work_bytes_target || work->blocks.size() >= work_blocks_max;
    if (full && !work->blocks.empty()) break;
    bytes += ref.raw_bytes;
    work->blocks.push_back(blocks[next++]);
  }
  return work;
}

void scan::state::absorb(scan_work::state::outcome outcome) {
  ++stats.blocks_read;
  if (!outcome.found) {
    const scan_block& block = blocks[outcome.number];
    finished[outcome.number] = true;
    ++stats.error_count;
    covered.add_missing(with_context(place(block.ref), outcome.found.error()).what);
    return;
  }
  scan_found& found = *outcome.found;
  stats.bytes_read += found.bytes_read;
  if (found.counted) {
    // `cut` is never inside a sole block's range, so that it is counted whole or not at all.
    finished[outcome.number] = true;
    stats.records_matched += found.count;
    return;
  }
  if (cut) found.run.drop_from(*cut);
  pending.add(std::move(found.run));
}

void scan::state::count_ready() {
  pending.give(frontier(), [&](const record_view&) {
    ++stats.records_matched;
    return true;
  });
}

scan::scan(query q, std::vector<block_ref> blocks, std::size_t pending_bytes_max)
    : state_(std::make_unique<state>(std::move(q), std::move(blocks), pending_bytes_max)) {}
scan::~scan() = default;
scan::scan(scan&&) noexcept = default;

bool scan::done() const {
  state_->skip_blocks();
  return state_->complete() && (!state_->q->count_only || state_->count_given);
}

std::vector<scan_work> scan::next_work(unsigned pieces) {
  state& s = *state_;
  s.settle();
  std::vector<scan_work> works;
  if (s.ready() && s.pending.bytes() > s.pending_bytes_max / 2) return works;
  for (unsigned i = 0; i < pieces; ++i) {
    auto work = s.make_work();
    if (work->blocks.empty()) break;
    s.under_way.insert(work->blocks.front().ref.min);
    works.push_back(scan_work(std::move(work)));
  }
  return works;
}

void scan::absorb(std::vector<scan_work> works) {
  state& s = *state_;
  for (scan_work& w : works) {
    scan_work::state& work = *w.state_;
    ASSERT(work.outcomes.size() == work.blocks.size(), "absorbed work must have run");
    s.under_way.erase(s.under_way.find(work.blocks.front().ref.min));
    for (auto& outcome : work.outcomes) s.absorb(std::move(outcome));
  }
  s.skip_blocks();
  if (s.q->count_only) s.count_ready();
  if (s.pending.bytes() > s.pending_bytes_max) {
    if (const auto cut = s.pending.drop_highest(s.pending_bytes_max / 2)) s.cut = *cut;
  }
  s.settle();
}

std::string scan::take_output() {
  state& s = *state_;
  std::string out;
  s.skip_blocks();
  if (s.q->count_only) {
    if (!s.complete() || s.count_given) return out;
    s.count_given = true;
    return std::to_string(s.stats.records_matched) + "\n";
  }
  if (s.ready()) out.reserve(scan_output_bytes_target + scan_output_bytes_target / 4);
  s.pending.give(s.frontier(), [&](const record_view& r) {
    s.writer.append(out, r);
    ++s.stats.records_matched;
    return out.size() < scan_output_bytes_target;
  });
  s.settle();
  return out;
}

const query_stats& scan::stats() const {
  return state_->stats;
}
const coverage& scan::covered() const {
  return state_->covered;
}

}  // namespace oklog
