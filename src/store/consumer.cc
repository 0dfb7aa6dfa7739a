#include "oklog/store/consumer.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog {

std::vector<consumer::output> consumer::step(boot_time now, const input& what) {
  outputs o;
  std::visit([&](const auto& i) { take(o, now, i); }, what);
  ASSERT(phase_ != phase::drained || claims() == 0, "consumer: drained with claims in hand");
  return o;
}

void consumer::take(outputs& o, boot_time now, const in::wake&) {
  if (phase_ == phase::idle) gather_on(o, now);
}

void consumer::take(outputs& o, boot_time, const in::claimed& i) {
  if (phase_ != phase::claiming) {
    o.push_back(out::fail_back{i.what});  // nobody waits for it
    return;
  }
  phase_ = phase::fetching;
  fetching_ = i.what;
  o.push_back(out::fetch{i.what});
}

void consumer::take(outputs& o, boot_time now, const in::nothing&) {
  if (phase_ != phase::claiming) return;
  phase_ = phase::idle;
  if (!gathered_.empty()) {
    const boot_time ripe = gathered_.front().since + config_.target_age;
    if (draining_ || now >= ripe) return start_merge(o);
    o.push_back(out::wake_at{std::min(ripe, now + config_.delay)});
    return;
  }
  if (draining_) {
    phase_ = phase::drained;
    o.push_back(out::drained{});
    return;
  }
  o.push_back(out::wake_at{now + config_.delay});
}

void consumer::take(outputs& o, boot_time now, const in::fetched& i) {
  if (phase_ != phase::fetching || i.what != fetching_) return;
  const auto again = find(i.what);
  if (again != gathered_.end()) {
    // Its lease had run out, and it is ours once more: merged twice, it would look damaged.
    again->hash = i.hash;
    return gather_on(o, now);
  }
  const gathered got{i.what, i.shard, i.raw_bytes, i.hash, now};
  const bool fits = gathered_.empty() || (gathered_.front().shard == i.shard &&
                                          raw_bytes_ + i.raw_bytes <= claim_raw_bytes_max);
  if (!fits) {
    held_ = got;
    return start_merge(o);
  }
  gathered_.push_back(got);
  raw_bytes_ += i.raw_bytes;
  gather_on(o, now);
}

void consumer::take(outputs& o, boot_time now, const in::fetch_failed& i) {
  if (phase_ != phase::fetching || i.what != fetching_) return;
  o.push_back(out::fail_back{i.what});
  phase_ = phase::idle;
  const auto before = find(i.what);
  if (before != gathered_.end()) {
    raw_bytes_ -= before->raw_bytes;
    gathered_.erase(before);
  }
  if (!gathered_.empty()) return start_merge(o);  // what is here need not wait for a sick ingester
  pause(o, now);
}

void consumer::take(outputs& o, boot_time now, const in::merged& i) {
  if (phase_ != phase::merging) return;
  phase_ = phase::replicating;
  awaited_.clear();
  committed_to_.assign(1, i.store_id);
  for (const piece& p : i.pieces) {
    for (const std::string& store : p.write_set) {
      if (store == i.store_id) continue;
      awaited_[p.name].insert(store);
      o.push_back(out::replicate{p.name, store});
      if (std::find(committed_to_.begin(), committed_to_.end(), store) == committed_to_.end()) {
        committed_to_.push_back(store);
      }
    }
  }
  if (awaited_.empty()) start_commit(o, now);
}

void consumer::take(outputs& o, boot_time now, const in::merge_failed&) {
  if (phase_ == phase::merging) fail_all(o, now);
}

void consumer::take(outputs& o, boot_time now, const in::replicated& i) {
  if (phase_ != phase::replicating) return;
  const auto found = awaited_.find(i.piece);
  if (found == awaited_.end()) return;
  found->second.erase(i.store_id);
  if (found->second.empty()) awaited_.erase(found);
  if (awaited_.empty()) start_commit(o, now);
}

void consumer::take(outputs& o, boot_time now, const in::replicate_failed&) {
  if (phase_ == phase::replicating) fail_all(o, now);
}

void consumer::take(outputs& o, boot_time now, const in::committed& i) {
  settle(o, now, i.what, true);
}

void consumer::take(outputs& o, boot_time now, const in::commit_failed& i) {
  settle(o, now, i.what, false);
}

void consumer::take(outputs& o, boot_time now, const in::drain&) {
  draining_ = true;
  if (phase_ == phase::idle) gather_on(o, now);
}

std::vector<consumer::gathered>::iterator consumer::find(const claim& what) {
  return std::find_if(gathered_.begin(), gathered_.end(),
                      [&](const gathered& g) { return g.what == what; });
}

// Asks for more, or merges what is here.
void consumer::gather_on(outputs& o, boot_time now) {
  const bool ripe = !gathered_.empty() && now >= gathered_.front().since + config_.target_age;
  if (raw_bytes_ >= config_.target_raw_bytes || (ripe && !draining_)) return start_merge(o);
  phase_ = phase::claiming;
  o.push_back(out::claim_next{});
}

void consumer::start_merge(outputs& o) {
  ASSERT(!gathered_.empty(), "consumer: a merge of nothing");
  phase_ = phase::merging;
  out::merge merge;
  for (const gathered& g : gathered_) merge.claims.push_back(g.what);
  o.push_back(std::move(merge));
}

void consumer::start_commit(outputs& o, boot_time) {
  phase_ = phase::committing;
  commit_failed_ = false;
  for (const gathered& g : gathered_) o.push_back(out::commit{g.what, g.hash, committed_to_});
}

// One commit has been answered. A refused or lost one is failed back: its records are here twice
// at worst.
void consumer::settle(outputs& o, boot_time now, const claim& what, bool committed) {
  if (phase_ != phase::committing) return;
  const auto found = find(what);
  if (found == gathered_.end()) return;
  gathered_.erase(found);
  if (!committed) {
    commit_failed_ = true;
    o.push_back(out::fail_back{what});
  }
  if (!gathered_.empty()) return;
  next_round();
  if (commit_failed_) return pause(o, now);
  failures_ = 0;
  gather_on(o, now);
}

// Nothing of this merge is in hand any more; one that was held over opens the next.
void consumer::next_round() {
  gathered_.clear();
  awaited_.clear();
  raw_bytes_ = 0;
  phase_ = phase::idle;
  if (!held_) return;
  raw_bytes_ = held_->raw_bytes;
  gathered_.push_back(*held_);
  held_.reset();
}

void consumer::fail_all(outputs& o, boot_time now) {
  for (const gathered& g : gathered_) o.push_back(out::fail_back{g.what});
  if (held_) o.push_back(out::fail_back{held_->what});
  held_.reset();
  next_round();
  pause(o, now);
}

void consumer::pause(outputs& o, boot_time now) {
  phase_ = phase::idle;
  failures_ = std::min(failures_ + 1, 16U);
  const duration wait = std::min(config_.delay * (1 << failures_), config_.failure_delay_max);
  o.push_back(out::wake_at{now + wait});
}

}  // namespace oklog
