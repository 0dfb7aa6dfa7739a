#include "node/ingester_watch.h"

#include <algorithm>
#include <set>

#include "oklog/api/ingest_api.h"

namespace oklog::node {
namespace {

constexpr duration rest_first = std::chrono::milliseconds(100);
// An ingester that answers at once, against the protocol, is not asked more often than this.
constexpr duration ask_gap = std::chrono::milliseconds(50);

std::set<std::string> ingesters_of(const membership& members, const std::string& own) {
  std::set<std::string> addresses;
  if (!own.empty()) addresses.insert(own);
  const auto& all = members.all();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const cluster::member& m = all[i];
    if (has_ingest(m.data.role) && in_service(m)) addresses.insert(format(m.data.api()));
  }
  return addresses;
}

}  // namespace

ingester_watch::ingester_watch(env::environment env, membership& members, std::string own,
                               env::event& news, low_water_sink noted)
    : env_(env), members_(members), own_(std::move(own)), news_(news), noted_(std::move(noted)) {}
ingester_watch::~ingester_watch() = default;

env::awaitable<void> ingester_watch::run() {
  while (true) {
    const std::uint64_t seen = members_.version();
    co_await follow();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (seen == members_.version()) co_await members_.changed().wait();
  }
  for (auto& [address, at] : watched_) at->tasks.stop();
  for (auto& [address, at] : watched_) co_await at->tasks.join();
}

env::awaitable<void> ingester_watch::follow() {
  const std::set<std::string> wanted = ingesters_of(members_, own_);
  std::vector<std::unique_ptr<ingester>> gone;
  for (auto at = watched_.begin(); at != watched_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    gone.push_back(std::move(at->second));
    at = watched_.erase(at);
  }
  for (const std::string& address : wanted) {
    if (watched_.contains(address)) continue;
    auto& at = watched_[address] = std::make_unique<ingester>(env_);
    at->tasks.spawn(wait_at(address, *at));
  }
  for (auto& at : gone) at->tasks.stop();
  for (auto& at : gone) co_await at->tasks.join();
}

env::awaitable<void> ingester_watch::wait_at(std::string address, ingester& at) {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const boot_time begun = env_.clock.boot();
    if (at.has_some) {
      co_await at.asked.wait();
      continue;
    }
    if (at.failures > 0 && begun < at.rest_until) {
      co_await env_.loop.sleep(at.rest_until - begun);
      continue;
    }
    const auto any = co_await at.client.waiting(address, api::next_wait_max);
    if (!any) {
      note_failure(address, at, any.error());
      continue;
    }
    if (at.failures > 0) env_.log.info("an ingester answers again", {{"ingester", address}});
    at.failures = 0;
    at.has_some = any->some;
    noted_(address == own_ ? "" : address, any->low_water);
    if (any->some) news_.notify();
    if (!any->some && env_.clock.boot() - begun < ask_gap) co_await env_.loop.sleep(ask_gap);
  }
}

std::optional<std::string> ingester_watch::next() {
  const auto after = watched_.upper_bound(last_);
  const auto has = [](const auto& at) { return at.second->has_some; };
  auto found = std::find_if(after, watched_.end(), has);
  if (found == watched_.end()) {
    found = std::find_if(watched_.begin(), after, has);
    if (found == after) return std::nullopt;
  }
  last_ = found->first;
  return last_;
}

void ingester_watch::had_nothing(const std::string& address) {
  const auto at = watched_.find(address);
  if (at == watched_.end()) return;
  at->second->has_some = false;
  at->second->asked.notify();
}

void ingester_watch::failed(const std::string& address, const error& why) {
  const auto at = watched_.find(address);
  if (at == watched_.end()) return;
  note_failure(address, *at->second, why);
  had_nothing(address);
}

void ingester_watch::note_failure(const std::string& address, ingester& at, const error& why) {
  if (why.code == errc::cancelled) return;
  if (at.failures == 0) {
    env_.log.warn("asking an ingester failed", {{"ingester", address}, {"err", why.what}});
  }
  const duration rest = std::min(rest_first * (1 << std::min(at.failures, 10U)), ingester_rest_max);
  ++at.failures;
  at.rest_until = env_.clock.boot() + rest;
}

}  // namespace oklog::node
