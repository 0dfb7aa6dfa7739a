// cluster_answer: one source in the place of another (rules K18, K20). All of it happens on the
// loop, between two turns of the merge: what is asked anew begins where the merge stands.
#include <algorithm>
#include <utility>

#include "node/cluster_answer.h"
#include "node/quiet_looks.h"

namespace oklog::node {

env::awaitable<void> cluster_answer::watch() {
  while (true) {
    co_await env_.loop.sleep(quiet_look_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    for (std::size_t n = 0; n < sources_.size(); ++n) look_at(n);
  }
}

void cluster_answer::look_at(std::size_t number) {
  answer_source& s = *sources_[number];
  if (!s.owes || s.settled || s.lost || s.silent || s.half != api::half::store) return;
  const std::uint64_t heard = s.heard + (s.answer ? s.answer->heard() : 0);
  s.quiet = heard == s.heard_before ? s.quiet + 1 : 0;
  s.heard_before = heard;
  if (s.quiet < quiet_looks) return;
  if (!round_.plan().replaceable(s.store, s.copies)) return;
  s.silent = true;
  note_news();
}

void cluster_answer::tend() {
  for (std::size_t n = 0; n < sources_.size(); ++n) {
    if (!sources_[n]->unread.empty()) tend_unread(n);
    if (sources_[n]->settled) continue;
    if (sources_[n]->lost) {
      tend_lost(n);
    } else if (sources_[n]->silent) {
      tend_silent(n);
    }
  }
}

ulid cluster_answer::reached(std::size_t number) const {
  return merge_ ? merge_->reached(number) : sources_[number]->start;
}

void cluster_answer::drop(std::size_t number) {
  answer_source& s = *sources_[number];
  if (merge_) (void)merge_->drop(number);
  s.blocks.clear();
  s.bytes = s.merged = 0;
  s.settled = true;
  s.reading.stop();
}

// The query from that id on, in its order.
query cluster_answer::narrowed(const ulid& start) const {
  query q = q_;
  if (q.order == output_order::descending) {
    q.to = std::min(q.to, start);
  } else {
    q.from = std::max(q.from, start);
  }
  return q;
}

// Those that may hold anything from that id on.
std::vector<std::size_t> cluster_answer::needed(const std::vector<std::size_t>& copies,
                                                const ulid& from) const {
  const query q = narrowed(from);
  std::vector<std::size_t> some;
  for (const std::size_t n : copies) {
    const std::uint64_t window = round_.plan().copies()[n].where.window;
    if (window_of(q.from) <= window && window <= window_of(q.to)) some.push_back(n);
  }
  return some;
}

void cluster_answer::tend_lost(std::size_t number) {
  const source_ptr s = sources_[number];
  const ulid at = reached(number);
  const std::string why = s->lost->what;
  const bool cancelled = s->lost->code == errc::cancelled;
  drop(number);
  if (cancelled) return;
  env_.log.warn("a query was answered without one of its sources",
                {{"source", s->who}, {"err", why}});
  if (s->half == api::half::ingest) {
    // Its store is not asked either, so the node is named as one.
    if (!s->begun) {
      silent_.emplace(s->member, why);
      for (const cluster::member& m : members_.all()) {
        if (m.id == s->member) roll_.expect_ingester(format(m.id), kind(m.data.role) + where(m));
      }
    }
    roll_.ingester_failed(format(s->member), why);
    return;
  }
  std::vector<std::size_t> left;
  const auto instead =
      round_.plan().replace(s->store, trouble::failed, needed(s->copies, at), left);
  roll_.store_failed(format(s->member), why);
  start_shares(instead, at);
}

// What nobody else has is still waited for: slow is not dead.
void cluster_answer::tend_silent(std::size_t number) {
  const source_ptr s = sources_[number];
  s->silent = false;
  const ulid at = reached(number);
  std::vector<std::size_t> left;
  const auto instead = round_.plan().replace(s->store, trouble::slow, needed(s->copies, at), left);
  if (left.empty()) {
    drop(number);
    roll_.store_failed(format(s->member), "silent for half a second");
  }
  s->copies = std::move(left);
  start_shares(instead, at);
}

// The rest of that copy comes from another store; whatever this one can read of it, it gives all
// the same.
void cluster_answer::tend_unread(std::size_t number) {
  const source_ptr s = sources_[number];
  for (const api::unread_part& part : std::exchange(s->unread, {})) {
    const std::size_t* const copy = round_.plan().find(s->store, part.where);
    const bool asked = copy && std::count(s->copies.begin(), s->copies.end(), *copy) > 0;
    if (!asked || s->half != api::half::store) continue;
    const ulid before = reached(number);
    const ulid at = q_.order == output_order::descending ? std::min(part.from, before)
                                                         : std::max(part.from, before);
    std::vector<std::size_t> left;
    const auto instead = round_.plan().replace(s->store, trouble::failed, {*copy}, left);
    roll_.store_failed(format(s->member), part.why);
    start_shares(instead, at);
  }
}

void cluster_answer::start_shares(const query_plan::shares& shares, const ulid& start) {
  for (const auto& [store, copies] : shares) {
    const auto some = needed(copies, start);
    for (std::size_t i = 0; i < some.size(); i += api::partitions_max) {
      const auto begin = some.begin() + static_cast<std::ptrdiff_t>(i);
      const std::size_t n = std::min(api::partitions_max, some.size() - i);
      start_share(store, {begin, begin + static_cast<std::ptrdiff_t>(n)}, start);
    }
  }
}

void cluster_answer::start_share(std::size_t store, std::vector<std::size_t> copies,
                                 const ulid& start_at) {
  const store_round::store& from = round_.stores()[store];
  const auto under_way = std::count_if(sources_.begin(), sources_.end(),
                                       [](const source_ptr& s) { return !s->settled; });
  if (static_cast<std::size_t>(under_way) >= 2 * sources_max || sources_.size() >= questions_max) {
    roll_.store_failed(format(from.member), "too many questions for one answer");
    return;
  }
  auto s = std::make_shared<answer_source>(env_.loop);
  s->who = from.who;
  s->member = from.member;
  s->address = from.address;
  s->own = from.own;
  s->half = api::half::store;
  s->ask.q = narrowed(start_at);
  s->ask.hashes = hashes_;
  if (from.pin) s->ask.pin = (*from.pin)->token;
  for (const std::size_t n : copies) {
    s->ask.partitions.push_back(round_.plan().copies()[n].where);
  }
  std::sort(s->ask.partitions.begin(), s->ask.partitions.end());
  s->start = start_at;
  s->store = store;
  s->copies = std::move(copies);
  if (s->own) s->summary.stats = s->own->in_question(s->ask);
  start(std::move(s));
}

}  // namespace oklog::node
