#include "node/store_round.h"

#include <algorithm>

#include "oklog/env/task_group.h"

namespace oklog::node {
namespace {

constexpr int rounds_max = 3;
// Whom others cannot reach either is not waited for as long.
constexpr duration suspect_wait = std::chrono::seconds(1);

}  // namespace

std::string where(const cluster::member& m) {
  return format(m.id) + " at " + format(m.data.api());
}

std::string kind(cluster::role r) {
  if (r == cluster::role::ingeststore) return "ingeststore ";
  return has_store(r) ? "store " : "ingester ";
}

env::awaitable<void> store_round::ask(ulid from, ulid to, own_parts& own, std::size_t memory,
                                      std::size_t stores_max, roll_call& roll,
                                      silent_members& silent) {
  for (int n = 0; n < rounds_max; ++n) {
    const boot_time begun = env_.clock.boot();
    stores_.clear();
    auto mine = own.pin(api::half::store, from, to, memory);
    if (mine) {
      const ulid self = members_.self().id;
      roll.expect_store(format(self), "");
      roll.store_said(format(self), mine->covered());
      stores_.push_back({mine->held().store_id, self, "", "", std::move(mine), std::nullopt});
    }
    co_await ask_all(from, to, stores_max, roll, silent);
    if (env_.clock.boot() - begun <= round_max) break;
    if (n + 1 == rounds_max) roll.doubt("the stores' catalogues took too long to belong together");
  }
  std::vector<listed_store> listed;
  for (const store& s : stores_) listed.push_back({s.id, s.held(), s.own != nullptr});
  plan_ = query_plan(listed);
  roster_ = own.roster();
  for (const store& s : stores_) {
    // Of its own store this node knows best.
    if (s.pin) roster_.merge((*s.pin)->roster, members_.self().id);
  }
}

env::awaitable<void> store_round::ask_all(ulid from, ulid to, std::size_t stores_max,
                                          roll_call& roll, silent_members& silent) {
  std::vector<env::awaitable<void>> asking;
  std::vector<store> asked;
  asked.reserve(members_.all().size());  // so that they stay where they are
  for (std::size_t i = 1; i < members_.all().size(); ++i) {
    const cluster::member& m = members_.all()[i];
    if (!in_service(m) || !has_store(m.data.role)) continue;
    const std::string id = format(m.id);
    const auto known = silent.find(m.id);
    if (known != silent.end()) {
      roll.expect_store(id, kind(m.data.role) + where(m));
      roll.store_failed(id, known->second);
    } else if (asking.size() >= stores_max) {
      roll.expect_store(id, kind(m.data.role) + where(m));
      roll.store_failed(id, "too many members to ask them all");
    } else {
      roll.expect_store(id, "store " + where(m));
      asked.push_back({id, m.id, "store " + where(m), format(m.data.api()), nullptr, std::nullopt});
      asking.push_back(pin_one(m, from, to, asked.back(), roll, silent));
    }
  }
  co_await env::all(env_.loop, std::move(asking));
  for (store& s : asked) {
    if (s.pin) stores_.push_back(std::move(s));
  }
}

env::awaitable<void> store_round::pin_one(cluster::member m, ulid from, ulid to, store& into,
                                          roll_call& roll, silent_members& silent) {
  auto asking = api::ask_pin(env_, into.address, into.id, from, to);
  const duration wait = m.state == cluster::state::suspect ? suspect_wait : part_open_wait;
  auto got = co_await env::with_timeout(env_.loop, wait, "its answer", std::move(asking));
  if (got) {
    roll.store_said(into.id, (*got)->said.covered);
    into.pin.emplace(std::move(*got));
    co_return;
  }
  if (got.error().code == errc::cancelled) co_return;
  silent.emplace(m.id, got.error().what);
  roll.expect_store(into.id, kind(m.data.role) + where(m));
  roll.store_failed(into.id, got.error().what);
  env_.log.warn("a query was answered without one of its sources",
                {{"source", into.who}, {"err", got.error().what}});
}

}  // namespace oklog::node
