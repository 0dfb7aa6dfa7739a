// Consuming: carries out what the consumer (store/consumer.h) decides, and tells it what became of
// it.
#include <algorithm>

#include "node/storer.h"

namespace oklog::node {
namespace {

// Without news the consumer is asked again so often.
constexpr duration next_wait = std::chrono::seconds(1);
// Of one segment. Its lease is a minute, and others wait.
constexpr duration fetch_wait = std::chrono::seconds(30);

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
    replicate(r->piece, r->store_id);
  } else if (const auto* c = std::get_if<out::commit>(&what)) {
    co_await commit(c->what, c->hash, c->store_ids);
  } else if (const auto* b = std::get_if<out::fail_back>(&what)) {
    fetched_.erase(b->what);
    co_await fail_back(b->what);
  } else if (std::holds_alternative<out::drained>(what)) {
    drained_ = true;
    news_.notify();
  }
}

api::ingest_client& storer::client_of(const std::string& ingester) {
  const auto at = clients_.find(ingester);
  return at != clients_.end() ? at->second : clients_.emplace(ingester, env_).first->second;
}

// Each in turn, so that none starves, and only those that have said that they hold something. A
// drain asks the own one alone: what others hold, others may consume.
env::awaitable<void> storer::claim_next() {
  co_await discard_staged();
  if (consumer_.claims() == 0) {
    std::erase_if(clients_, [&](const auto& c) { return !watch_->knows(c.first); });
  }
  const boot_time until = env_.clock.boot() + next_wait;
  bool claimed = false;
  const bool enough = holders_->placement().has_value();
  if (!enough && !draining_) (void)co_await news_.wait_for(next_wait);
  while (!claimed && !draining_ && enough) {
    if (const auto ingester = watch_->next()) {
      claimed = co_await claim_at(*ingester);
      continue;
    }
    const duration left = until - env_.clock.boot();
    const bool stopped = co_await env::is_cancelled();
    if (stopped || consumer_.claims() > 0 || left <= duration::zero()) break;
    (void)co_await news_.wait_for(left);
  }
  // Also where the drain began during the wait.
  const bool own = draining_ && enough && !watch_->own().empty();
  if (!claimed && own) claimed = co_await claim_at(watch_->own());
  if (!claimed) feed(consumer::in::nothing{});
}

// False where there is nothing.
env::awaitable<bool> storer::claim_at(std::string ingester) {
  auto id = co_await client_of(ingester).next(ingester, duration::zero());
  if (id) {
    claim got;
    got.ingester = std::move(ingester);
    got.id = std::move(*id);
    feed(consumer::in::claimed{std::move(got)});
    co_return true;
  }
  if (id.error().code == errc::not_found) {
    watch_->had_nothing(ingester);
  } else {
    watch_->failed(ingester, id.error());
  }
  co_return false;
}

void storer::note_answer(const std::string& ingester, const error& why) {
  const bool answered = why.code == errc::not_found || why.code == errc::conflict;
  if (!answered) silent_.insert(ingester);
}

env::awaitable<void> storer::fetch(claim what) {
  auto reading = client_of(what.ingester).read(what.ingester, what.id);
  auto got =
      co_await env::with_timeout(env_.loop, fetch_wait, "fetching a segment", std::move(reading));
  if (!got) {
    env_.log.warn("fetching a segment failed",
                  {{"ingester", what.ingester}, {"segment", what.id}, {"err", got.error().what}});
    note_answer(what.ingester, got.error());
    watch_->failed(what.ingester, got.error());
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
  silent_.clear();
  std::vector<consume_input> inputs;
  for (const claim& c : claims) {
    inputs.push_back({c, std::move(fetched_[c])});
    fetched_.erase(c);
  }
  // Claimed while there were enough stores: what has changed since fails the round.
  const auto placement = holders_->placement();
  if (!placement) {
    feed(consumer::in::merge_failed{});
    co_return;
  }
  const auto copies =
      static_cast<unsigned>(std::min<std::size_t>(placement->factor, placement->accepting.size()));
  const auto writing = co_await roster_->begin_write(copies);
  if (!writing) {
    env_.log.error("writing down the roster", {{"err", writing.error().what}});
    feed(consumer::in::merge_failed{});
    co_return;
  }
  consume_job job = log_->begin_consume(std::move(inputs), *placement);
  co_await env::offload(env_.loop, [&job] { job.run(); });
  auto done = log_->end_consume(std::move(job));
  if (!done) {
    env_.log.error("merging segments failed", {{"err", done.error().what}});
    feed(consumer::in::merge_failed{});
    co_return;
  }
  for (const piece& p : done->pieces) merged_pieces_.push_back(p.name);
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

env::awaitable<void> storer::commit(claim what, hash128 hash, std::vector<std::string> stores) {
  const bool damaged = damaged_.erase(what) > 0;
  std::vector<ulid> holders;
  for (const std::string& id : stores) holders.push_back(parse_ulid(id).value());
  result<> done = fail(errc::unavailable, "the ingester has not answered a moment ago");
  if (!silent_.contains(what.ingester)) {
    auto committing =
        client_of(what.ingester).commit(what.ingester, what.id, hash, std::move(holders), damaged);
    done = co_await std::move(committing);
  }
  if (done) {
    feed(consumer::in::committed{what});
    co_return;
  }
  env_.log.warn("committing a segment failed",
                {{"ingester", what.ingester}, {"segment", what.id}, {"err", done.error().what}});
  note_answer(what.ingester, done.error());
  feed(consumer::in::commit_failed{what});
}

// Where it is not told, the lease runs out.
env::awaitable<void> storer::fail_back(claim what) {
  if (silent_.contains(what.ingester)) co_return;
  const auto told = co_await client_of(what.ingester).failed(what.ingester, what.id);
  if (!told) note_answer(what.ingester, told.error());
}

env::awaitable<void> storer::drain(boot_time until) {
  draining_ = true;
  feed(consumer::in::drain{});
  while (!drained_ && env_.clock.boot() < until) {
    (void)co_await news_.wait_for(until - env_.clock.boot());
  }
}

}  // namespace oklog::node
