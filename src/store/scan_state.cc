#include "store/scan_state.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "store/scan_sinks.h"
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
    std::string why = with_context(place(block.ref), outcome.found.error()).what;
    if (options.on_unread) options.on_unread(why);
    if (options.unread_apart) {
      unread.push_back({block.ref.file, block.ref.min, block.ref.max, std::move(why)});
    } else {
      covered.add_missing(std::move(why));
    }
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

void scan::state::count_ready() {
  pending.give(frontier(), count_sink{counts, stats});
}

}  // namespace oklog
