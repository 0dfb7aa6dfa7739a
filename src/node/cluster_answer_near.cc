// cluster_answer: the records beside matches. Each round pins anew, ingesters before stores (rule
// K17): what is consumed between two rounds is in the next.
#include <algorithm>

#include "node/cluster_answer.h"
#include "oklog/store/context.h"

namespace oklog::node {
namespace {

// A store that others can replace is given less time.
constexpr duration near_wait = std::chrono::seconds(30);
constexpr duration near_wait_replaceable = std::chrono::seconds(2);

// The span in which the neighbours that are asked for may lie.
std::pair<ulid, ulid> span_of(const query& q, const std::vector<neighbour_ask>& asks) {
  const auto reach = static_cast<std::uint64_t>(context_reach.count());
  const auto [least, most] = context_range(q);
  std::uint64_t from = most.ms();
  std::uint64_t to = least.ms();
  for (const neighbour_ask& a : asks) {
    const std::uint64_t back = reach * std::max<std::uint64_t>(a.before, 1);
    from = std::min(from, a.id.ms() > back ? a.id.ms() - back : 0);
    to = std::max(to,
                  std::min(a.id.ms() + reach * std::max<std::uint64_t>(a.after, 1), ulid::ms_max));
  }
  return {std::max(least, ulid::lowest(from)), std::min(most, ulid::highest(to))};
}

}  // namespace

struct cluster_answer::near_round {
  near_round(env::environment env, const membership& members) : stores(env, members) {}
  std::vector<neighbour_ask> asks;
  fetched_neighbours* near = nullptr;
  ulid from, to;
  store_round stores;
};

struct cluster_answer::near_share {
  std::size_t store;
  std::vector<std::size_t> copies;
  std::vector<std::string> failures;  // sentences
};

env::awaitable<void> cluster_answer::fetch_near(std::vector<neighbour_ask> asks,
                                                fetched_neighbours& near) {
  near_round r(env_, members_);
  near.begin_round(asks);
  const auto span = span_of(q_, asks);
  r.from = span.first;
  r.to = span.second;
  r.asks = std::move(asks);
  r.near = &near;
  co_await near_of_ingesters(r);
  co_await r.stores.ask(r.from, r.to, own_, memory_ / 2, sources_max, roll_, silent_);
  miss_those_that_left(r);
  co_await near_of_stores(r);
}

// What a store gave that has left since then stands without what it may have held beside it.
void cluster_answer::miss_those_that_left(const near_round& r) {
  const auto& now = r.stores.stores();
  for (const store_round::store& s : round_.stores()) {
    const auto same = [&s](const store_round::store& n) { return n.member == s.member; };
    const std::string id = format(s.member);
    const auto called = roll_.stores().find(id);
    const bool failed = called != roll_.stores().end() && !called->second.fully();
    if (failed || std::any_of(now.begin(), now.end(), same)) continue;
    roll_.store_failed(id, "context: it has left since it was asked for matches");
  }
}

env::awaitable<void> cluster_answer::near_of_ingesters(near_round& r) {
  const ulid self = members_.self().id;
  if (const auto mine = own_.pin(api::half::ingest, r.from, r.to, memory_ / 2)) {
    api::part_ask what;
    what.q = q_;
    auto finding = mine->give_near(std::move(what), r.asks);
    const api::near_answer got = co_await std::move(finding);
    for (const std::string& why : got.covered.missing) roll_.ingester_failed(format(self), why);
    r.near->learn(got.records);
  }
  std::vector<env::awaitable<void>> asking;
  for (std::size_t i = 1; i < members_.all().size(); ++i) {
    const cluster::member& m = members_.all()[i];
    // Who was not asked for matches need not be asked for what stands beside them. A store that was
    // silent says nothing about the ingester of the same node.
    const auto called = roll_.ingesters().find(format(m.id));
    const bool failed = called != roll_.ingesters().end() && !called->second.fully();
    const bool skipped = !answered_.contains(m.id) || (failed && silent_.contains(m.id));
    if (skipped || !has_ingest(m.data.role)) continue;
    asking.push_back(near_of_ingester(r, m));
  }
  co_await env::all(env_.loop, std::move(asking));
}

env::awaitable<void> cluster_answer::near_of_ingester(near_round& r, cluster::member m) {
  api::part_ask what;
  what.q = q_;
  what.node = format(m.id);
  auto asked =
      api::ask_near(env_, format(m.data.api()), api::half::ingest, std::move(what), r.asks);
  const duration wait = silent_.contains(m.id) ? part_open_wait : near_wait;
  const auto got = co_await env::with_timeout(env_.loop, wait, "its answer", std::move(asked));
  if (!got) {
    if (got.error().code == errc::cancelled) co_return;
    silent_.emplace(m.id, got.error().what);
    roll_.ingester_failed(format(m.id), "context: " + got.error().what);
    co_return;
  }
  for (const std::string& why : got->covered.missing) roll_.ingester_failed(format(m.id), why);
  r.near->learn(got->records);
}

env::awaitable<void> cluster_answer::near_of_stores(near_round& r) {
  query_plan& plan = r.stores.plan();
  auto shares = plan.reading();
  while (!shares.empty()) {
    std::vector<near_share> asked;
    for (auto& [store, copies] : shares) asked.push_back({store, std::move(copies), {}});
    std::vector<env::awaitable<void>> asking;
    for (near_share& share : asked) asking.push_back(near_of_store(r, share));
    co_await env::all(env_.loop, std::move(asking));
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    shares.clear();
    for (const near_share& share : asked) {
      if (share.failures.empty()) continue;
      std::vector<std::size_t> left;
      for (auto& [store, copies] : plan.replace(share.store, trouble::failed, share.copies, left)) {
        auto& all = shares[store];
        all.insert(all.end(), copies.begin(), copies.end());
      }
      const std::string id = format(r.stores.stores()[share.store].member);
      for (const std::string& why : share.failures) roll_.store_failed(id, why);
    }
  }
}

env::awaitable<void> cluster_answer::near_of_store(near_round& r, near_share& share) {
  const store_round::store& from = r.stores.stores()[share.store];
  api::part_ask what;
  what.q = q_;
  for (const std::size_t n : share.copies) {
    what.partitions.push_back(r.stores.plan().copies()[n].where);
  }
  std::sort(what.partitions.begin(), what.partitions.end());
  if (from.own) {
    auto finding = from.own->give_near(std::move(what), r.asks);
    const api::near_answer got = co_await std::move(finding);
    share.failures = got.covered.missing;
    r.near->learn(got.records);
    co_return;
  }
  what.pin = (*from.pin)->token;
  const bool replaceable = r.stores.plan().replaceable(share.store, share.copies);
  const duration wait = replaceable ? near_wait_replaceable : near_wait;
  auto asked = api::ask_near(env_, from.address, api::half::store, std::move(what), r.asks);
  const auto got = co_await env::with_timeout(env_.loop, wait, "its answer", std::move(asked));
  if (!got) {
    share.failures.push_back("context: " + got.error().what);
    co_return;
  }
  share.failures = got->covered.missing;
  r.near->learn(got->records);
}

}  // namespace oklog::node
