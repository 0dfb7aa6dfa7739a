#include "node/cluster_answer.h"

#include <algorithm>

#include "oklog/store/context.h"

namespace oklog::node {

cluster_answer::cluster_answer(env::environment env, const membership& members, query q,
                               bool hashes, std::size_t memory, own_parts& own)
    : env_(env),
      members_(members),
      q_(std::move(q)),
      hashes_(hashes),
      memory_(memory),
      own_(own),
      round_(env, members),
      news_(env.loop),
      room_(env.loop),
      tasks_(env.loop) {
  if (hashes_) {
    q_.order = output_order::ascending;
    q_.limit = no_limit;
  }
  if (!members_.doubt().empty()) roll_.doubt(members_.doubt());
}
cluster_answer::~cluster_answer() = default;

// First every ingester, this node's own included, and only then the stores (rule K17): a record
// that is consumed meanwhile is seen in one place at least.
env::awaitable<void> cluster_answer::ask() {
  tasks_.spawn(watch());
  co_await ask_ingesters();
  co_await ask_stores();
}

env::awaitable<void> cluster_answer::ask_ingesters() {
  const ulid self = members_.self().id;
  if (auto mine = own_.pin(api::half::ingest, q_.from, q_.to, memory_ / 2)) {
    roll_.expect_ingester(format(self), "");
    auto s = std::make_shared<answer_source>(env_.loop);
    s->member = self;
    s->own = std::move(mine);
    s->ask.q = q_;
    s->ask.hashes = hashes_;
    s->summary.stats = s->own->in_question(s->ask);
    s->start = first_id();
    start(std::move(s));
  }
  std::size_t asked = 0;
  for (std::size_t i = 1; i < members_.all().size(); ++i) {
    const cluster::member& m = members_.all()[i];
    if (!in_service(m) || !has_ingest(m.data.role)) continue;
    roll_.expect_ingester(format(m.id), "ingester " + where(m));
    if (++asked > sources_max) {
      roll_.ingester_failed(format(m.id), "too many members to ask them all");
      continue;
    }
    auto s = std::make_shared<answer_source>(env_.loop);
    s->who = "ingester " + where(m);
    s->member = m.id;
    s->address = format(m.data.api());
    s->ask.q = q_;
    s->ask.node = format(m.id);
    s->ask.hashes = hashes_;
    s->start = first_id();
    start(std::move(s));
  }
  co_await until_begun();
}

env::awaitable<void> cluster_answer::ask_stores() {
  const auto [from, to] = context_range(q_);
  const std::size_t ingesters = sources_.size();
  const std::size_t most = ingesters < sources_max ? sources_max - ingesters : 0;
  co_await round_.ask(from, to, own_, memory_ / 2, most, roll_, silent_);
  for (const store_round::store& s : round_.stores()) answered_.insert(s.member);
  start_shares(round_.plan().reading(), first_id());
  co_await until_begun();
}

ulid cluster_answer::first_id() const {
  return q_.order == output_order::descending ? q_.to : q_.from;
}

env::awaitable<void> cluster_answer::until_begun() {
  while (true) {
    tend();
    const bool all = std::all_of(sources_.begin(), sources_.end(),
                                 [](const source_ptr& s) { return s->begun || s->settled; });
    const bool stopped = co_await env::is_cancelled();
    if (all || stopped) co_return;
    co_await news_.wait();
  }
}

void cluster_answer::begin() {
  merge_.emplace(q_, 0);
  join_all();
}
void cluster_answer::begin(const histogram_axis& axis) {
  merge_.emplace(q_, 0, axis);
  join_all();
}
void cluster_answer::join_all() {
  for (const source_ptr& s : sources_) (void)merge_->add_source(s->start);
  fresh_ = true;
}

env::awaitable<void> cluster_answer::gather(bool wait) {
  while (wait && !fresh_) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    co_await news_.wait();
  }
  fresh_ = false;
  tend();
  for (std::size_t n = 0; n < sources_.size(); ++n) {
    answer_source& s = *sources_[n];
    for (auto& block : s.blocks) {
      std::visit([&](auto& b) { merge_->add(n, std::move(b)); }, block);
    }
    s.merged += s.bytes;
    s.blocks.clear();
    s.bytes = 0;
    s.settled = s.settled || s.ended;
    if (s.settled) merge_->end(n);
  }
}

void cluster_answer::settle() {
  for (const auto& [number, why] : merge_->take_failed()) {
    answer_source& s = *sources_[number];
    s.ended = false;
    s.settled = false;
    s.lost = why;
    s.reading.stop();
  }
  tend();
  for (std::size_t n = 0; n < sources_.size(); ++n) {
    sources_[n]->merged = merge_->waiting_bytes(n);
  }
  room_.notify();
}

env::awaitable<void> cluster_answer::finish() {
  tasks_.stop();
  for (const source_ptr& s : sources_) s->reading.stop();
  for (const source_ptr& s : sources_) co_await s->reading.join();
  co_await tasks_.join();
}

coverage cluster_answer::covered() const {
  accounting who;
  who.roster = round_.roster();
  who.members = members_.all();
  who.now = env_.clock.now();
  who.boot = env_.clock.boot();
  who.from_ms = q_.from.ms();
  who.to_ms = q_.to.ms();
  return verdict(roll_, who);
}

query_stats cluster_answer::stats() const {
  query_stats all;
  for (const source_ptr& s : sources_) all.add(s->summary.stats);
  all.records_matched = 0;
  all.nodes_queried = answered_.size() + (answered_.contains(members_.self().id) ? 0 : 1);
  return all;
}

}  // namespace oklog::node
