#include "oklog/store/scan.h"

#include <algorithm>
#include <set>

#include "oklog/base/assert.h"
#include "oklog/query/record_writer.h"
#include "store/scan_pending.h"
#include "store/scan_search.h"
#include "store/scan_timer.h"

namespace oklog {
namespace {

constexpr std::size_t work_blocks_max = 64;

// Where a block lies, for people.
std::string place(const block_ref& ref) {
  if (!ref.file) return "block in memory";
  const std::string& path = ref.file->path;
  return "block at " + std::to_string(ref.offset) + " of " + path.substr(path.rfind('/') + 1);
}

}  // namespace

struct scan_work::state {
  struct outcome {
    std::size_t number;
    result<scan_found> found;
  };
  std::shared_ptr<const scan_task> task;
  key_range wanted;
  std::vector<scan_block> blocks;
  std::vector<outcome> outcomes;
  time_histogram counts;
  query_stats stats;
};

scan_work::scan_work(std::unique_ptr<state> s) : state_(std::move(s)) {}
scan_work::~scan_work() = default;
scan_work::scan_work(scan_work&&) noexcept = default;
scan_work& scan_work::operator=(scan_work&&) noexcept = default;

void scan_work::run() {
  block_searcher searcher(*state_->task, state_->wanted);
  for (const scan_block& block : state_->blocks) {
    state_->outcomes.push_back({block.number, searcher.search(block)});
  }
  state_->counts = searcher.counts();
  state_->stats = searcher.stats();
}

struct scan::state {
  std::shared_ptr<scan_task> task;
  const query& q;
  scan_options options;
  std::vector<scan_block> blocks;  // in order of their lowest key
  std::vector<bool> finished;      // a block that no later pass needs: counted, or not readable

  // This pass: keys from wanted.first on, below `cut` where memory did not suffice for more.
  key_range wanted;
  std::optional<ulid> cut;
  std::size_t next = 0;
  std::multiset<ulid> under_way;  // the lowest key of each piece of work not absorbed yet
  std::size_t work_blocks = 1;    // in the next piece, where few matches may be enough

  scan_pending pending;
  record_writer writer;
  time_histogram counts;
  query_stats stats;
  coverage covered;
  bool stopped = false;  // by its limit, or because nobody wants the rest
  bool count_given = false;

  state(std::shared_ptr<scan_task> t, std::vector<block_ref> refs, const scan_options& o);
  bool count_unread(const scan_block& block);
  bool has_blocks() const;
  void skip_blocks();
  std::optional<ulid> frontier() const;
  bool ready() const;
  void settle();
  bool complete() const;
  void end();
  std::unique_ptr<scan_work::state> make_work();
  void absorb(scan_work::state::outcome outcome);
  void count_ready();
  std::uint64_t left() const { return q.limit - stats.records_matched; }
};

namespace {

std::shared_ptr<scan_task> make_task(query q, const scan_options& options) {
  auto task = std::make_shared<scan_task>();
  task->order = scan_order(q.order);
  task->as_records = options.as_records;
  task->clock = options.clock;
  task->q = std::move(q);
  return task;
}

std::shared_ptr<scan_task> make_counting_task(query q, const histogram_axis& axis,
                                              const scan_options& options) {
  q.order = output_order::ascending;
  auto task = make_task(std::move(q), options);
  task->counting = true;
  task->axis = axis;
  return task;
}

}  // namespace

scan::state::state(std::shared_ptr<scan_task> t, std::vector<block_ref> refs, const scan_options& o)
    : task(std::move(t)), q(task->q), options(o), writer(q), counts(task->axis) {
  ASSERT(q.match != nullptr, "a scan needs a matcher");
  const scan_timer timed(options.clock, stats.plan_time);
  const ulid from = task->order.key(q.from);
  const ulid to = task->order.key(q.to);
  wanted = {std::min(from, to), std::max(from, to)};
  std::set<const data_file*> files;
  std::vector<block_ref> met;
  stats.blocks = refs.size();
  for (block_ref& ref : refs) {
    if (ref.records == 0 || ref.max < q.from || q.to < ref.min) {
      ++stats.blocks_skipped_time;
    } else if (!ref.topic.empty() && !q.wants_topic(ref.topic)) {
      ++stats.blocks_skipped_topic;
    } else {
      if (ref.file) files.insert(ref.file.get());
      stats.max_data_set_bytes += ref.raw_bytes;
      met.push_back(std::move(ref));
    }
  }
  stats.segments_queried = files.size();
  blocks = order_blocks(std::move(met), task->order);
  finished.resize(blocks.size(), false);
  for (const scan_block& block : blocks) finished[block.number] = count_unread(block);
}

// Counts a block from the index alone, where that is enough.
bool scan::state::count_unread(const scan_block& block) {
  if (!q.match->everything() || !task->only_number_matters(block, wanted)) return false;
  ++stats.blocks_counted;
  stats.records_matched += block.ref.records;
  counts.add(block.ref.topic, task->axis.bucket_of(block.ref.min.ms()), block.ref.records);
  return true;
}

// Passes over blocks that this pass does not need.
void scan::state::skip_blocks() {
  while (next < blocks.size() && (finished[next] || blocks[next].last < wanted.first)) ++next;
}

bool scan::state::has_blocks() const {
  return !stopped && next < blocks.size() && (!cut || blocks[next].first < *cut);
}

// The lowest key that may still come; nothing where nothing will.
std::optional<ulid> scan::state::frontier() const {
  std::optional<ulid> lowest;
  if (has_blocks()) lowest = blocks[next].first;
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
  wanted.first = *cut;
  cut.reset();
  next = 0;
  skip_blocks();
}

bool scan::state::complete() const {
  return !has_blocks() && under_way.empty() && pending.empty() && !cut;
}

// Nothing more is wanted: what is under way ends soon, and is thrown away.
void scan::state::end() {
  stopped = true;
  task->stop = true;
  pending = scan_pending();
  cut.reset();
}

std::unique_ptr<scan_work::state> scan::state::make_work() {
  auto work = std::make_unique<scan_work::state>();
  work->task = task;
  work->wanted = wanted;
  std::size_t bytes = 0;
  const std::size_t blocks_max = q.limit == no_limit ? work_blocks_max : work_blocks;
  for (skip_blocks(); has_blocks(); skip_blocks()) {
    const block_ref& ref = blocks[next].ref;
    const bool full =
        bytes + ref.raw_bytes > scan_work_bytes_target || work->blocks.size() >= blocks_max;
    if (full && !work->blocks.empty()) break;
    bytes += ref.raw_bytes;
    work->blocks.push_back(blocks[next++]);
  }
  work_blocks = std::min(work_blocks * 2, work_blocks_max);
  return work;
}

void scan::state::absorb(scan_work::state::outcome outcome) {
  if (stopped) return;
  if (!outcome.found) {
    const scan_block& block = blocks[outcome.number];
    finished[outcome.number] = true;
    ++stats.error_count;
    covered.add_missing(with_context(place(block.ref), outcome.found.error()).what);
    return;
  }
  scan_found& found = *outcome.found;
  if (found.counted) {
    // `cut` is never inside the range of a block that is counted where it lies, so that it is
    // counted whole or not at all.
    finished[outcome.number] = true;
    return;
  }
  if (cut) found.run.drop_from(*cut);
  pending.add(std::move(found.run));
}

namespace {

// Gives what is ready to the wire.
struct wire_sink {
  record_writer& writer;
  query_stats& stats;
  std::uint64_t limit;
  std::string& out;

  bool record(const record_view& r) {
    if (stats.records_matched == limit) return false;
    writer.append(out, r);
    ++stats.records_matched;
    return out.size() < scan_output_bytes_target && stats.records_matched < limit;
  }
  bool wire(std::string_view bytes, std::uint64_t records) {
    out.append(bytes);
    stats.records_matched += records;
    return out.size() < scan_output_bytes_target;
  }
};

struct count_sink {
  time_histogram& counts;
  query_stats& stats;

  bool record(const record_view& r) {
    counts.add(r.topic, counts.axis().bucket_of(r.id.ms()), 1);
    ++stats.records_matched;
    return true;
  }
  bool wire(std::string_view, std::uint64_t) { return true; }
};

struct record_sink {
  const std::function<bool(const record_view&)>& fn;
  query_stats& stats;
  std::uint64_t limit;

  bool record(const record_view& r) {
    if (stats.records_matched == limit) return false;
    ++stats.records_matched;
    return fn(r) && stats.records_matched < limit;
  }
  bool wire(std::string_view, std::uint64_t) { return true; }
};

}  // namespace

void scan::state::count_ready() {
  pending.give(frontier(), count_sink{counts, stats});
}

scan::scan(query q, std::vector<block_ref> blocks, scan_options options) {
  auto task = q.count_only ? make_counting_task(std::move(q), {}, options)
                           : make_task(std::move(q), options);
  state_ = std::make_unique<state>(std::move(task), std::move(blocks), options);
}
scan::scan(query q, std::vector<block_ref> blocks, histogram_axis axis, scan_options options)
    : state_(std::make_unique<state>(make_counting_task(std::move(q), axis, options),
                                     std::move(blocks), options)) {}
scan::~scan() = default;
scan::scan(scan&&) noexcept = default;

bool scan::done() const {
  state_->skip_blocks();
  return state_->complete() && (!state_->q.count_only || state_->count_given);
}

std::vector<scan_work> scan::next_work(unsigned pieces) {
  state& s = *state_;
  s.settle();
  std::vector<scan_work> works;
  if (s.ready() && s.pending.bytes() > s.options.pending_bytes_max / 2) return works;
  for (unsigned i = 0; i < pieces; ++i) {
    auto work = s.make_work();
    if (work->blocks.empty()) break;
    s.under_way.insert(work->blocks.front().first);
    works.push_back(scan_work(std::move(work)));
  }
  return works;
}

void scan::absorb(std::vector<scan_work> works) {
  state& s = *state_;
  for (scan_work& w : works) {
    scan_work::state& work = *w.state_;
    ASSERT(work.outcomes.size() == work.blocks.size(), "absorbed work must have run");
    s.under_way.erase(s.under_way.find(work.blocks.front().first));
    for (auto& outcome : work.outcomes) s.absorb(std::move(outcome));
    s.stats.add(work.stats);
    if (s.task->counting) s.counts.add(work.counts);
  }
  s.skip_blocks();
  if (s.task->counting) s.count_ready();
  if (s.pending.bytes() > s.options.pending_bytes_max) {
    const auto cut = s.pending.drop_highest(s.options.pending_bytes_max / 2);
    if (cut) s.cut = *cut;
  }
  s.settle();
}

bool scan::has_output() const {
  state_->skip_blocks();
  if (state_->q.count_only) return state_->complete() && !state_->count_given;
  return state_->ready();
}

std::string scan::take_output() {
  state& s = *state_;
  std::string out;
  s.skip_blocks();
  if (s.q.count_only) {
    if (!s.complete() || s.count_given) return out;
    s.count_given = true;
    return std::to_string(std::min(s.counts.total(), s.q.limit)) + "\n";
  }
  if (s.ready()) out.reserve(scan_output_bytes_target + scan_output_bytes_target / 4);
  s.pending.give(s.frontier(), wire_sink{s.writer, s.stats, s.q.limit, out});
  if (s.left() == 0) s.end();
  s.settle();
  return out;
}

void scan::take_records(const std::function<bool(const record_view&)>& fn) {
  state& s = *state_;
  ASSERT(s.options.as_records, "a scan for records");
  s.skip_blocks();
  s.pending.give(s.frontier(), record_sink{fn, s.stats, s.q.limit});
  if (s.left() == 0) s.end();
  s.settle();
}

void scan::stop() {
  state_->end();
}

const query_stats& scan::stats() const {
  return state_->stats;
}
const coverage& scan::covered() const {
  return state_->covered;
}
const time_histogram& scan::counts() const {
  return state_->counts;
}

}  // namespace oklog
