#include "oklog/store/compact.h"

#include <algorithm>
#include <map>

#include "store/piece_writer.h"
#include "store/topic_merge.h"

namespace oklog {

namespace {

using topic_blocks = std::map<std::string, std::vector<topic_block>>;

topic_blocks blocks_by_topic(const std::vector<segment_ptr>& inputs) {
  topic_blocks topics;
  for (const segment_ptr& s : inputs) {
    for (const store_block& b : s->footer.blocks) {
      topics[s->footer.topics[b.topic]].push_back({s.get(), &b});
    }
  }
  for (auto& [topic, blocks] : topics) {
    std::stable_sort(blocks.begin(), blocks.end(), [](const topic_block& a, const topic_block& b) {
      return a.block->header.min < b.block->header.min;
    });
  }
  return topics;
}

std::vector<std::string> joined_write_sets(const std::vector<segment_ptr>& inputs) {
  std::vector<std::string> all;
  for (const segment_ptr& s : inputs) {
    all.insert(all.end(), s->footer.write_set.begin(), s->footer.write_set.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// Merges the plan's inputs through both writers. Success: every output is on disk, and the inputs'
// sets are what the outputs' and the dropped records' make together (K11).
result<> merge_inputs(const compact_plan& plan, piece_writer& main, piece_writer& tail,
                      merge_counts& counts) {
  const merge_target target{plan.inputs.front()->footer.partition, plan.seam, &main, &tail};
  for (auto& [topic, blocks] : blocks_by_topic(plan.inputs)) {
    topic_merge merge(topic, std::move(blocks), target, counts);
    TRY(merge.run());
  }
  TRY(main.finish());
  TRY(tail.finish());
  set_digest in;
  for (const segment_ptr& s : plan.inputs) in.add(s->footer.digest);
  set_digest out = counts.dropped;
  for (const auto& p : main.published()) out.add(p.footer.digest);
  for (const auto& p : tail.published()) out.add(p.footer.digest);
  if (in != out) return fail(errc::corruption, "digests of inputs and outputs differ");
  return {};
}

}  // namespace

compact_job::compact_job(env::filesystem& fs, std::string dir, ulid unique, compact_config config,
                         std::vector<segment_ptr> segments, bool at_rest)
    : fs_(&fs),
      dir_(std::move(dir)),
      unique_(unique),
      config_(config),
      segments_(std::move(segments)),
      at_rest_(at_rest) {}

compact_job::compact_job(env::filesystem& fs, std::string dir, ulid unique, compact_config config,
                         segment_ptr damaged)
    : compact_job(fs, std::move(dir), unique, config, std::vector{std::move(damaged)}, false) {
  anew_ = true;
}

void compact_job::run() {
  compact_plan plan = anew_ ? compact_plan{compact_kind::overlapping, segments_, ulid_max}
                            : plan_compaction(segments_, at_rest_, config_);
  segments_.clear();
  kind_ = plan.kind;
  inputs_ = plan.inputs.size();
  if (plan.kind == compact_kind::none) {
    done_ = compacted{};
    return;
  }
  id_source ids(unique_);
  const std::vector<std::string> write_set = joined_write_sets(plan.inputs);
  const auto kept = [&write_set](const partition&) { return write_set; };
  piece_writer main(*fs_, dir_, ids, config_.target_bytes, {kept, ""});
  piece_writer tail(*fs_, dir_, ids, config_.target_bytes, {kept, ""});
  merge_counts counts;
  compacted done;
  bool merged = false;
  const auto write_all = [&]() -> result<> {
    TRY(merge_inputs(plan, main, tail, counts));
    merged = true;
    TRY_LET(done.outputs, open_published(*fs_, dir_, main.published()));
    TRY_LET(const auto tails, open_published(*fs_, dir_, tail.published()));
    done.outputs.insert(done.outputs.end(), tails.begin(), tails.end());
    return {};
  };
  const result<> written = write_all();
  if (!written) {
    main.abandon();
    tail.abandon();
    // What cannot be read of an output says nothing about the inputs.
    if (!merged) note_damage(plan, counts.damaged, written.error());
    done_ = with_context("compact", written.error());
    return;
  }
  done.kind = plan.kind;
  done.inputs = std::move(plan.inputs);
  // Every output is on disk under its name (C1): now, and not before, the inputs may go (C2).
  if (!anew_) remove_inputs(done);
  done.dropped = counts.dropped.count;
  done.conflicts = counts.conflicts;
  done.written_bytes = main.written_bytes() + tail.written_bytes();
  done.copied_blocks = counts.copied_blocks;
  done.encoded_blocks = main.encoded_blocks() + tail.encoded_blocks();
  done_ = std::move(done);
}

void compact_job::remove_inputs(compacted& done) const {
  for (const segment_ptr& s : done.inputs) {
    const auto removed = fs_->remove(dir_ + "/" + s->name);
    if (!removed) done.unremoved.push_back(removed.error());
  }
}

// Which inputs are not to be tried again: the one whose block is bad, or, where the sums differ,
// any of them. They stay live: what can be read of them is.
void compact_job::note_damage(const compact_plan& plan, const store_segment* bad,
                              const error& why) {
  if (bad == nullptr && why.code != errc::corruption) return;  // a full disk damages nothing
  for (const segment_ptr& s : plan.inputs) {
    if (bad == nullptr || s.get() == bad) damaged_.push_back(s->name);
  }
}

}  // namespace oklog
