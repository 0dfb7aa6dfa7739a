#include "node/live_followers.h"

#include <algorithm>

#include "oklog/segment/block.h"

namespace oklog::node {
namespace {

constexpr duration follow_rest_first = std::chrono::milliseconds(100);
// What was on its way when a connection broke may have been taken in so long before.
constexpr std::chrono::milliseconds look_back = std::chrono::seconds(2);

}  // namespace

live_followers::live_followers(env::environment env, const membership& members, query q,
                               live_watcher& into)
    : env_(env), members_(members), q_(std::move(q)), into_(into), tried_(env.loop) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_ms(env_.clock.now()), 0));
  begun_ = ulid::lowest(std::min(ms, ulid::ms_max));
}
live_followers::~live_followers() = default;

env::awaitable<void> live_followers::run(env::event& changed) {
  while (true) {
    const std::uint64_t seen = members_.version();
    co_await update();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (seen == members_.version()) co_await changed.wait();
  }
  for (auto& [address, f] : followers_) f->tasks.stop();
  for (auto& [address, f] : followers_) co_await f->tasks.join();
}

env::awaitable<void> live_followers::update() {
  std::set<std::string> wanted;
  const auto& all = members_.all();
  for (std::size_t i = 1; i < all.size(); ++i) {
    // Who we were before our disk was lost may seem alive for a while, and we answer there.
    const bool former_self = all[i].data.api() == all[0].data.api();
    if (has_ingest(all[i].data.role) && in_service(all[i]) && !former_self) {
      wanted.insert(format(all[i].data.api()));
    }
  }
  std::vector<std::pair<std::string, std::unique_ptr<follower>>> gone;
  for (auto at = followers_.begin(); at != followers_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    env_.log.info("a stream goes on without an ingester that is gone", {{"ingester", at->first}});
    gone.emplace_back(at->first, std::move(at->second));
    at = followers_.erase(at);
  }
  for (const std::string& address : wanted) {
    if (followers_.contains(address)) continue;
    auto& f = followers_[address] = std::make_unique<follower>(env_.loop);
    f->history = !first_;
    f->known.since = begun_;
    if (const auto back = gone_.find(address); back != gone_.end()) {
      f->known = std::move(back->second);
      gone_.erase(back);
    }
    f->tasks.spawn(follow(address, *f));
  }
  first_ = false;
  tried_.notify();
  for (auto& [address, f] : gone) f->tasks.stop();
  for (auto& [address, f] : gone) {
    co_await f->tasks.join();
    remember(address, std::move(f->known));
  }
}

void live_followers::remember(const std::string& address, given known) {
  gone_[address] = std::move(known);
  std::erase(gone_order_, address);
  gone_order_.push_back(address);
  if (gone_order_.size() <= gone_ingesters_max) return;
  gone_.erase(gone_order_.front());
  gone_order_.pop_front();
}

env::awaitable<void> live_followers::until_followed() {
  const auto waits = [](const auto& f) { return !f.second->tried; };
  while (first_ || std::any_of(followers_.begin(), followers_.end(), waits)) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    co_await tried_.wait();
  }
}

env::awaitable<void> live_followers::follow(std::string address, follower& f) {
  duration rest = follow_rest_first;
  while (true) {
    const boot_time begun = env_.clock.boot();
    const auto ended = co_await read(address, f);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    f.tried = true;
    tried_.notify();
    if (env_.clock.boot() - begun > follow_rest_max) rest = follow_rest_first;
    if (rest == follow_rest_first) {
      env_.log.warn("a stream has lost an ingester; it is asked again",
                    {{"ingester", address}, {"err", ended ? "it ended" : ended.error().what}});
    }
    co_await env_.loop.sleep(rest);
    rest = std::min(rest * 2, follow_rest_max);
  }
}

env::awaitable<result<>> live_followers::read(std::string address, follower& f) {
  query asked = q_;
  asked.from = f.history ? f.known.since : begun_;
  asked.from_given = f.history;
  f.history = true;  // the next time
  CO_TRY_LET(auto answer, co_await api::ask_live(env_, std::move(address), std::move(asked)));
  while (true) {
    CO_TRY_LET(auto frame, co_await answer.next());
    if (!frame) co_return result<>{};
    f.tried = true;
    if (frame->kind == api::part_kind::begun) tried_.notify();
    if (frame->kind != api::part_kind::block) continue;
    const auto decode = [&] { return decode_block(frame->bytes, text_check::frame); };
    CO_TRY_LET(const batch records, co_await env::offload(env_.loop, decode));
    auto fresh = std::make_shared<const batch>(without_known(f.known, records));
    if (!fresh->empty()) into_.push(fresh);
  }
}

batch live_followers::without_known(given& known, const batch& records) {
  batch fresh;
  records.for_each([&](const record_view& r) {
    // By its clock, not ours.
    const auto back = static_cast<std::uint64_t>(look_back.count());
    known.since = std::max(known.since, ulid::lowest(std::max(r.id.ms(), back) - back));
    if (!known.recent.insert(r.id).second) return;
    known.oldest.push_back(r.id);
    fresh.add(r);
  });
  while (known.oldest.size() > recent_ids_max) {
    known.recent.erase(known.oldest.front());
    known.oldest.pop_front();
  }
  return fresh;
}

}  // namespace oklog::node
