#include "node/cluster_answer.h"

#include <algorithm>

namespace oklog::node {
namespace {

constexpr duration near_wait = std::chrono::seconds(30);
constexpr std::size_t share_least = 64 * 1024;
constexpr std::size_t share_most = 1024 * 1024;

std::string where(const cluster::member& m) {
  return format(m.id) + " at " + format(m.data.api());
}

std::string kind(cluster::role r) {
  if (r == cluster::role::ingeststore) return "ingeststore ";
  return has_store(r) ? "store " : "ingester ";
}

bool has_half(const cluster::member& m, api::half h) {
  return h == api::half::ingest ? has_ingest(m.data.role) : has_store(m.data.role);
}

}  // namespace

// One half of one member, from the question to the end of its answer.
struct cluster_answer::source {
  std::string who;  // "store 01H... at 10.0.0.3:7650"
  std::size_t number = 0;
  std::optional<api::part_answer> answer;
  std::optional<answer_summary> summary;  // the newest
  bool pinned = false;                    // or failed
  bool ended = false;
  bool told = false;  // the merge knows that it has ended
  std::deque<std::variant<std::string, batch>> blocks;
  std::size_t bytes = 0;   // in `blocks`
  std::size_t merged = 0;  // that wait in the merge
};

class cluster_answer::local_sink final : public batch_sink {
 public:
  local_sink(cluster_answer& to, source& s) : to_(to), s_(s) {}
  env::awaitable<result<>> put(batch records) override {
    CO_TRY(co_await to_.until_room(s_));
    s_.bytes += records.bytes();
    s_.blocks.emplace_back(std::move(records));
    to_.fresh_ = true;
    to_.news_.notify();
    co_return result<>{};
  }
  env::awaitable<result<>> still_there() override { co_return result<>{}; }
  source& from() { return s_; }

 private:
  cluster_answer& to_;
  source& s_;
};

cluster_answer::cluster_answer(env::environment env, const membership& members, query q,
                               bool hashes, std::size_t memory)
    : env_(env),
      members_(members),
      q_(std::move(q)),
      hashes_(hashes),
      memory_(memory),
      news_(env.loop),
      room_(env.loop),
      tasks_(env.loop) {
  if (hashes_) {
    q_.order = output_order::ascending;
    q_.limit = no_limit;
  }
  if (!members_.doubt().empty()) missing_.add_missing(members_.doubt());
  const auto& all = members_.all();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const cluster::member& m = all[i];
    if (!took_records(m)) continue;
    const wall_time since = env_.clock.now() - (env_.clock.boot() - m.since);
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    const bool dead = m.state == cluster::state::dead;
    missing_.add_missing(kind(m.data.role) + where(m) +
                         (dead ? ": dead since " : ": left, with records, ") +
                         format_rfc3339(whole));
  }
  local_ = std::make_unique<local_sink>(*this, add_source("this node"));
}
cluster_answer::~cluster_answer() = default;

cluster_answer::source& cluster_answer::add_source(std::string who) {
  sources_.push_back(std::make_unique<source>());
  sources_.back()->who = std::move(who);
  sources_.back()->number = sources_.size() - 1;
  return *sources_.back();
}

env::awaitable<void> cluster_answer::ask(api::half h) {
  const auto& all = members_.all();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const cluster::member& m = all[i];
    if (!in_service(m) || !has_half(m, h) || failed_.contains(m.id)) continue;
    if (sources_.size() >= sources_max) {
      missing_.add_missing(kind(m.data.role) + where(m) + ": too many members to ask them all");
      continue;
    }
    source& s = add_source((h == api::half::ingest ? "ingester " : "store ") + where(m));
    tasks_.spawn(run(s, m, h));
  }
  const auto waits = [](const auto& s) { return s->number > 0 && !s->pinned; };
  while (std::any_of(sources_.begin(), sources_.end(), waits)) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    co_await news_.wait();
  }
}

env::awaitable<void> cluster_answer::run(source& s, cluster::member m, api::half h) {
  auto opening = open(s, format(m.data.api()), h);
  result<> good =
      co_await env::with_timeout(env_.loop, part_open_wait, "its answer", std::move(opening));
  s.pinned = true;
  news_.notify();
  if (good) {
    answered_.insert(m.id);
    good = co_await read(s);
  } else {
    failed_.insert(m.id);
    s.who = kind(m.data.role) + where(m);
  }
  if (!good) give_up(s, good.error());
  s.answer.reset();
  s.ended = true;
  fresh_ = true;
  news_.notify();
}

env::awaitable<result<>> cluster_answer::open(source& s, std::string address, api::half h) {
  CO_TRY_LET(auto answer, co_await api::ask_part(env_, std::move(address), h, q_, hashes_));
  s.answer.emplace(std::move(answer));
  CO_TRY_LET(const auto first, co_await s.answer->next());
  if (!first) co_return fail(errc::corruption, "an answer without a beginning");
  CO_TRY_LET(s.summary, parse_summary(first->bytes));
  co_return result<>{};
}

env::awaitable<result<>> cluster_answer::read(source& s) {
  while (true) {
    CO_TRY(co_await until_room(s));
    CO_TRY_LET(auto frame, co_await s.answer->next());
    if (!frame) co_return result<>{};
    if (frame->kind == api::part_kind::end) {
      CO_TRY_LET(s.summary, parse_summary(frame->bytes));
    } else if (frame->kind == api::part_kind::block) {
      s.bytes += frame->bytes.size();
      s.blocks.emplace_back(std::move(frame->bytes));
      fresh_ = true;
      news_.notify();
    }
  }
}

env::awaitable<result<>> cluster_answer::until_room(source& s) {
  const std::size_t share = std::clamp(memory_ / sources_.size(), share_least, share_most);
  while (s.bytes + s.merged >= share) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "nobody wants the rest");
    co_await room_.wait();
  }
  co_return result<>{};
}

void cluster_answer::give_up(source& s, const error& why) {
  if (why.code == errc::cancelled) return;
  missing_.add_missing(s.who + ": " + why.what);
  env_.log.warn("a query was answered without one of its sources",
                {{"source", s.who}, {"err", why.what}});
}

void cluster_answer::begin() {
  merge_.emplace(q_, sources_.size());
}
void cluster_answer::begin(const histogram_axis& axis) {
  merge_.emplace(q_, sources_.size(), axis);
}

batch_sink& cluster_answer::local() {
  return *local_;
}

void cluster_answer::end_local() {
  local_->from().ended = true;
  fresh_ = true;
  news_.notify();
}

env::awaitable<void> cluster_answer::gather(bool wait) {
  while (wait && !fresh_) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    co_await news_.wait();
  }
  fresh_ = false;
  for (const auto& s : sources_) {
    for (auto& block : s->blocks) {
      std::visit([&](auto& b) { merge_->add(s->number, std::move(b)); }, block);
    }
    s->merged += s->bytes;
    s->blocks.clear();
    s->bytes = 0;
    if (s->ended && !s->told) merge_->end(s->number);
    s->told = s->ended;
  }
}

void cluster_answer::settle() {
  for (const auto& [number, why] : merge_->take_failed()) give_up(*sources_[number], why);
  for (const auto& s : sources_) s->merged = merge_->waiting_bytes(s->number);
  room_.notify();
}

env::awaitable<void> cluster_answer::ask_near(api::half h, const std::vector<neighbour_ask>& asks,
                                              fetched_neighbours& near) {
  std::vector<env::awaitable<void>> asking;
  const auto& all = members_.all();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const cluster::member& m = all[i];
    // Who was not asked for matches need not be asked for what stands beside them.
    if (!answered_.contains(m.id) || failed_.contains(m.id) || !has_half(m, h)) continue;
    asking.push_back(learn_from(m, h, asks, near));
  }
  co_await env::all(env_.loop, std::move(asking));
}

env::awaitable<void> cluster_answer::learn_from(cluster::member m, api::half h,
                                                const std::vector<neighbour_ask>& asks,
                                                fetched_neighbours& near) {
  const std::string who = (h == api::half::ingest ? "ingester " : "store ") + where(m);
  auto asked = api::ask_near(env_, format(m.data.api()), h, q_, asks);
  auto got = co_await env::with_timeout(env_.loop, near_wait, "its answer", std::move(asked));
  if (!got) {
    failed_.insert(m.id);
    if (got.error().code != errc::cancelled) {
      missing_.add_missing(who + ": context: " + got.error().what);
    }
    co_return;
  }
  for (const std::string& sentence : got->covered.missing) {
    if (sentence.starts_with("context: ")) missing_.add_missing(who + ": " + sentence);
  }
  near.learn(got->records);
}

env::awaitable<void> cluster_answer::finish() {
  tasks_.stop();
  co_await tasks_.join();
}

coverage cluster_answer::covered() const {
  coverage all = missing_;
  for (const auto& s : sources_) {
    if (!s->summary) continue;
    coverage theirs = s->summary->covered;
    for (std::string& sentence : theirs.missing) sentence = s->who + ": " + sentence;
    all.add(theirs);
  }
  return all;
}

query_stats cluster_answer::stats() const {
  query_stats all;
  for (const auto& s : sources_) {
    if (s->summary) all.add(s->summary->stats);
  }
  all.records_matched = 0;
  all.nodes_queried = answered_.size();
  return all;
}

}  // namespace oklog::node
