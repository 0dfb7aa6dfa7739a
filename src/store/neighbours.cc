#include "store/neighbours.h"

#include <algorithm>

#include "oklog/store/context.h"
#include "store/scan_ids.h"

namespace oklog {
namespace {

constexpr std::size_t open_blocks_max = 256;
constexpr std::size_t open_text_max = 8 * 1024 * 1024;
// In the order of all records as many blocks may lie side by side as there are topics.
constexpr std::size_t all_blocks_max = 4096;

std::uint64_t below(std::uint64_t ms, std::uint64_t reach) {
  return ms > reach ? ms - reach : 0;
}

ulid first_of(const id_run& run) {
  return ulid::make(run.ms, run.stream, run.seq);
}
ulid last_of(const id_run& run) {
  return ulid::make(run.ms, run.stream, run.seq + run.count - 1);
}

}  // namespace

neighbours::neighbours(const query& q, std::vector<block_ref> blocks, std::uint64_t reaches)
    : q_(q),
      reach_ms_(reaches * static_cast<std::uint64_t>(context_reach.count())),
      blocks_(std::move(blocks)),
      failed_(blocks_.size()) {
  std::map<std::string, std::vector<std::size_t>> by_topic;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const std::string& topic = blocks_[i].topic;
    if (!topic.empty() && !q_.wants_topic(topic)) continue;
    by_topic[topic].push_back(i);
    all.push_back(i);
  }
  if (q_.context.all_streams) {
    add_row("", std::move(all));
    return;
  }
  // Blocks of many topics are asked for each.
  const std::vector<std::size_t> mixed = by_topic[""];
  for (auto& [topic, list] : by_topic) {
    if (!topic.empty()) list.insert(list.end(), mixed.begin(), mixed.end());
    add_row(topic, std::move(list));
  }
}

void neighbours::add_row(const std::string& topic, std::vector<std::size_t> blocks) {
  row& r = rows_[topic];
  r.by_min = blocks;
  r.by_max = std::move(blocks);
  std::sort(r.by_min.begin(), r.by_min.end(),
            [&](std::size_t a, std::size_t b) { return blocks_[a].min < blocks_[b].min; });
  std::sort(r.by_max.begin(), r.by_max.end(),
            [&](std::size_t a, std::size_t b) { return blocks_[a].max < blocks_[b].max; });
  ulid highest = ulid_min;
  for (const std::size_t i : r.by_min) {
    highest = std::max(highest, blocks_[i].max);
    r.highest.push_back(highest);
  }
  r.lowest.resize(r.by_max.size());
  ulid lowest = ulid_max;
  for (std::size_t i = r.by_max.size(); i-- > 0;) {
    lowest = std::min(lowest, blocks_[r.by_max[i]].min);
    r.lowest[i] = lowest;
  }
}

const neighbours::row& neighbours::row_of(const neighbourhood& of) const {
  const auto at = rows_.find(of.topic);
  // A topic without a block of its own lies in mixed ones.
  return at == rows_.end() ? rows_.find("")->second : at->second;
}

// Calls better(id, record number) for the runs of the block that belong to the neighbourhood.
template <class Better>
void neighbours::look_into(const neighbourhood& of, std::size_t block, Better&& better) {
  const open_block* b = open(block);
  if (b == nullptr) return;
  std::uint32_t first = 0;
  for (const id_run& run : b->columns.runs) {
    const std::string& topic = b->columns.topics[run.topic];
    const bool belongs =
        of.all() ? q_.wants_topic(topic) : run.stream == of.stream && topic == of.topic;
    if (belongs) better(run, first);
    first += run.count;
  }
}

std::optional<record_place> neighbours::next(const neighbourhood& of, const ulid& id) {
  const row& r = row_of(of);
  std::optional<record_place> best;
  std::size_t looked = 0;
  const auto begin = std::upper_bound(r.highest.begin(), r.highest.end(), id);
  for (auto i = static_cast<std::size_t>(begin - r.highest.begin()); i < r.by_min.size(); ++i) {
    const std::size_t block = r.by_min[i];
    const block_ref& ref = blocks_[block];
    if (ref.min.ms() > id.ms() + reach_ms_ || (best && best->id < ref.min)) break;
    if (ref.max <= id) continue;
    if (++looked > (of.all() ? all_blocks_max : context_blocks_max)) break;
    look_into(of, block, [&](const id_run& run, std::uint32_t first) {
      if (last_of(run) <= id) return;
      const std::uint64_t skip = id < first_of(run) ? 0 : id.seq() + 1 - run.seq;
      const ulid found = ulid::make(run.ms, run.stream, run.seq + skip);
      if (found.ms() > id.ms() + reach_ms_ || (best && best->id <= found)) return;
      best = record_place{found, block, first + static_cast<std::uint32_t>(skip)};
    });
  }
  return best;
}

std::optional<record_place> neighbours::previous(const neighbourhood& of, const ulid& id) {
  const row& r = row_of(of);
  std::optional<record_place> best;
  std::size_t looked = 0;
  const auto end = std::lower_bound(r.lowest.begin(), r.lowest.end(), id);
  for (auto i = static_cast<std::size_t>(end - r.lowest.begin()); i-- > 0;) {
    const std::size_t block = r.by_max[i];
    const block_ref& ref = blocks_[block];
    if (ref.max.ms() < below(id.ms(), reach_ms_) || (best && ref.max < best->id)) break;
    if (id <= ref.min) continue;
    if (++looked > (of.all() ? all_blocks_max : context_blocks_max)) break;
    look_into(of, block, [&](const id_run& run, std::uint32_t first) {
      if (id <= first_of(run)) return;
      const std::uint64_t skip = last_of(run) < id ? run.count - 1 : id.seq() - 1 - run.seq;
      const ulid found = ulid::make(run.ms, run.stream, run.seq + skip);
      if (found.ms() < below(id.ms(), reach_ms_) || (best && found <= best->id)) return;
      best = record_place{found, block, first + static_cast<std::uint32_t>(skip)};
    });
  }
  return best;
}

void neighbours::note_failure(std::size_t block, const error& why) {
  if (failed_[block]) return;
  failed_[block] = true;
  failures_.push_back("context: " + why.what);
}

result<> neighbours::load_columns(const block_ref& ref, open_block& b) {
  if (ref.memory) {
    const batch& m = *ref.memory;
    b.columns = {m.topics(), m.runs(), m.lengths(), m.continuations()};
    return {};
  }
  TRY_LET(const std::string_view bytes, read_header_frame(ref, buffer_));
  TRY_LET(b.columns, decode_columns(bytes));
  return {};
}

result<> neighbours::load_text(const block_ref& ref, open_block& b) {
  if (ref.memory) {
    b.text = ref.memory->text();
  } else {
    TRY_LET(const std::string_view bytes, read_block(ref, buffer_));
    TRY_LET(const block_header h, decode_text(bytes, b.text));
    if (h.records != ref.records)
      return fail(errc::corruption, "another block than the index says");
  }
  for_all(b.columns, b.text,
          [&](const id_run&, const ulid&, const text_hit& at) { b.begins.push_back(at.begin); });
  text_bytes_ += b.text.size();
  return {};
}

neighbours::open_block* neighbours::open(std::size_t block) {
  if (failed_[block]) return nullptr;
  const auto known = where_.find(block);
  if (known != where_.end()) {
    open_.splice(open_.begin(), open_, known->second);
    return &open_.front().second;
  }
  open_block fresh;
  const auto loaded = load_columns(blocks_[block], fresh);
  if (!loaded) {
    note_failure(block, loaded.error());
    return nullptr;
  }
  while (open_.size() >= open_blocks_max) {
    text_bytes_ -= open_.back().second.text.size();
    where_.erase(open_.back().first);
    open_.pop_back();
  }
  open_.emplace_front(block, std::move(fresh));
  where_[block] = open_.begin();
  return &open_.front().second;
}

std::optional<record_view> neighbours::view(const neighbourhood&, const record_place& at) {
  open_block* b = open(at.block);
  if (b == nullptr) return std::nullopt;
  if (b->text.empty()) {
    const auto loaded = load_text(blocks_[at.block], *b);
    if (!loaded) {
      note_failure(at.block, loaded.error());
      return std::nullopt;
    }
    // The texts that were not used for longest go; their columns stay.
    for (auto i = open_.rbegin(); text_bytes_ > open_text_max && &i->second != b; ++i) {
      text_bytes_ -= i->second.text.size();
      i->second.text = {};
      i->second.begins = {};
    }
  }
  const std::size_t begin = b->begins[at.record];
  const std::size_t end =
      at.record + 1 < b->begins.size() ? b->begins[at.record + 1] : b->text.size();
  std::uint32_t first = 0;
  for (const id_run& run : b->columns.runs) {
    if (at.record < first + run.count) {
      return record_view{at.id, b->columns.topics[run.topic],
                         std::string_view(b->text).substr(begin, end - begin - 1),
                         continues(b->columns, at.record)};
    }
    first += run.count;
  }
  return std::nullopt;
}

std::unique_ptr<neighbour_finder> find_in_blocks(const query& q, std::vector<block_ref> blocks,
                                                 std::uint64_t reaches) {
  return std::make_unique<neighbours>(q, std::move(blocks), reaches);
}

}  // namespace oklog
