#include "oklog/store/scan.h"

#include <algorithm>
#include <utility>

#include "oklog/base/assert.h"
#include "store/scan_sinks.h"
#include "store/scan_state.h"

namespace oklog {
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

std::vector<unread_block> scan::take_unread() {
  ASSERT(state_->options.unread_apart, "a scan that tells unread blocks apart");
  return std::exchange(state_->unread, {});
}

output_order scan::order() const {
  return state_->q.order;
}

std::size_t scan::waiting_bytes() const {
  return state_->pending.bytes();
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
