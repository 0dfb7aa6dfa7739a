// Consuming: carries out what the consumer (store/consumer.h) decides, and tells it what became of
// it.
#include "node/storer.h"

namespace oklog::node {
namespace {

// How long an ingester may keep us waiting for its next segment. A drain does not wait.
constexpr duration next_wait = std::chrono::seconds(1);

}  // namespace

void storer::feed(const consumer::input& in) {
  for (consumer::output& o : consumer_.step(env_.clock.boot(), in)) to_do_.push_back(std::move(o));
  news_.notify();
}

env::awaitable<void> storer::consume_loop() {
  feed(consumer::in::wake{});
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (!to_do_.empty()) {
      consumer::output next = std::move(to_do_.front());
      to_do_.erase(to_do_.begin());
      co_await carry_out(std::move(next));
      continue;
    }
    const duration left = wake_at_ - env_.clock.boot();
    if (wake_at_ != boot_time{} && left <= duration::zero()) {
      wake_at_ = {};
      feed(consumer::in::wake{});
    } else if (wake_at_ == boot_time{}) {
      co_await news_.wait();
    } else {
      (void)co_await news_.wait_for(left);
    }
  }
}

env::awaitable<void> storer::carry_out(consumer::output what) {
  using out = consumer::out;
  if (const auto* o = std::get_if<out::wake_at>(&what)) {
    wake_at_ = o->when;
  } else if (std::holds_alternative<out::claim_next>(what)) {
    co_await claim_next();
  } else if (const auto* f = std::get_if<out::fetch>(&what)) {
    co_await fetch(f->what);
  } else if (const auto* m = std::get_if<out::merge>(&what)) {
    co_await merge(m->claims);
  } else if (const auto* r = std::get_if<out::replicate>(&what)) {
    // The write set is this store alone, and the piece has been on its disk since the merge.
    feed(consumer::in::replicated{r->piece, r->store_id});
  } else if (const auto* c = std::get_if<out::commit>(&what)) {
    co_await commit(c->what, c->hash);
  } else if (const auto* b = std::get_if<out::fail_back>(&what)) {
    fetched_.erase(b->what);
    (void)co_await client_.failed(b->what.ingester, b->what.id);  // else its lease runs out
  } else if (std::holds_alternative<out::drained>(what)) {
    drained_ = true;
    news_.notify();
  }
}

env::awaitable<void> storer::claim_next() {
  // Each in turn, so that none starves; the wait is long only where there is one to wait for.
  for (std::size_t i = 0; i < ingesters_.size(); ++i) {
    const std::string& ingester = ingesters_[next_ingester_++ % ingesters_.size()];
    const bool wait = ingesters_.size() == 1 && consumer_.claims() == 0;
    auto id = co_await client_.next(ingester, wait ? next_wait : duration::zero());
    if (id) {
      claim got;
      got.ingester = ingester;
      got.id = std::move(*id);
      feed(consumer::in::claimed{std::move(got)});
      co_return;
    }
    if (id.error().code != errc::not_found && id.error().code != errc::cancelled) {
      env_.log.warn("asking an ingester failed",
                    {{"ingester", ingester}, {"err", id.error().what}});
    }
  }
  feed(consumer::in::nothing{});
}

env::awaitable<void> storer::fetch(claim what) {
  auto got = co_await client_.read(what.ingester, what.id);
  if (!got) {
    env_.log.warn("fetching a segment failed", {{"segment", what.id}, {"err", got.error().what}});
    feed(consumer::in::fetch_failed{what});
    co_return;
  }
  // What cannot be summarised goes into the merge all the same, which reports it as damaged.
  const auto summary = summarize_ingest_segment(got->bytes);
  consumer::in::fetched in{what, 0, got->bytes.size(), got->hash};
  if (summary) {
    in.shard = summary->shard;
    in.raw_bytes = summary->raw_bytes;
  }
  fetched_[what] = std::move(got->bytes);
  feed(in);
}

env::awaitable<void> storer::merge(std::vector<claim> claims) {
  std::vector<consume_input> inputs;
  for (const claim& c : claims) {
    inputs.push_back({c, std::move(fetched_[c])});
    fetched_.erase(c);
  }
  consume_job job = log_->begin_consume(std::move(inputs));
  co_await env::offload(env_.loop, [&job] { job.run(); });
  auto done = log_->end_consume(std::move(job));
  if (!done) {
    env_.log.error("merging segments failed", {{"err", done.error().what}});
    feed(consumer::in::merge_failed{});
    co_return;
  }
  for (const consumed_segment& s : done->segments) {
    if (s.damaged_blocks == 0) continue;
    damaged_.insert(s.what);
    env_.log.error("a segment was merged without its damaged blocks",
                   {{"segment", s.what.id}, {"blocks", s.damaged_blocks}});
  }
  env_.log.debug("merged", {{"segments", claims.size()},
                            {"pieces", done->pieces.size()},
                            {"records", done->records_out}});
  feed(consumer::in::merged{std::move(done->pieces), log_->store_id()});
}

env::awaitable<void> storer::commit(claim what, hash128 hash) {
  const auto done = co_await client_.commit(what.ingester, what.id, hash, damaged_.erase(what) > 0);
  if (done) {
    feed(consumer::in::committed{what});
  } else {
    env_.log.warn("committing a segment failed",
                  {{"segment", what.id}, {"err", done.error().what}});
    feed(consumer::in::commit_failed{what});
  }
}

env::awaitable<void> storer::drain(boot_time until) {
  if (ingesters_.empty()) co_return;
  feed(consumer::in::drain{});
  while (!drained_ && env_.clock.boot() < until) {
    (void)co_await news_.wait_for(until - env_.clock.boot());
  }
}

}  // namespace oklog::node
