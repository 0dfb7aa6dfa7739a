#include "node/store_round.h"

#include <algorithm>

#include "node/quiet_looks.h"
#include "oklog/api/part_api.h"

namespace oklog::node {
namespace {

constexpr int rounds_max = 3;
// Whom others cannot reach either is not waited for as long.
constexpr duration suspect_wait = std::chrono::seconds(1);
constexpr const char* was_silent = "silent for half a second";

bool is_silent(const store_round::store& s) {
  return !s.settled && s.quiet >= quiet_looks;
}

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
      stores_.push_back({mine->held().store_id, self, "", "", std::move(mine), std::nullopt, true});
    }
    co_await ask_all(from, to, stores_max, own.roster(), roll, silent);
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
                                          const cluster::roster& own, roll_call& roll,
                                          silent_members& silent) {
  env::task_group asking(env_.loop);
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
    } else if (asked.size() >= stores_max) {
      roll.expect_store(id, kind(m.data.role) + where(m));
      roll.store_failed(id, "too many members to ask them all");
    } else {
      roll.expect_store(id, "store " + where(m));
      asked.push_back({id, m.id, "store " + where(m), format(m.data.api()), nullptr, std::nullopt});
      asking.spawn(pin_one(m, from, to, asked.back(), roll, silent));
    }
  }
  co_await wait_for(asked, asking, own, roll);
  for (store& s : asked) {
    if (s.pin) stores_.push_back(std::move(s));
  }
}

env::awaitable<void> store_round::wait_for(std::vector<store>& asked, env::task_group& asking,
                                           const cluster::roster& own, const roll_call& roll) {
  const auto settled = [](const store& s) { return s.settled; };
  env::task_group looking(env_.loop);
  looking.spawn(look_at(asked));
  while (!std::all_of(asked.begin(), asked.end(), settled)) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped || may_go_without_silent(asked, own, roll)) break;
    co_await news_.wait();
  }
  looking.stop();
  asking.stop();
  co_await looking.join();
  co_await asking.join();
}

env::awaitable<void> store_round::look_at(std::vector<store>& asked) {
  while (true) {
    co_await env_.loop.sleep(quiet_look_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    for (store& s : asked) {
      s.quiet = s.heard == s.heard_before ? s.quiet + 1 : 0;
      s.heard_before = s.heard;
    }
    news_.notify();
  }
}

// Whether all others have answered, and the answer is complete by what they hold.
bool store_round::may_go_without_silent(const std::vector<store>& asked, const cluster::roster& own,
                                        const roll_call& roll) const {
  cluster::roster known = own;
  for (const store& s : asked) {
    const cluster::store_entry* e = own.store(s.member);
    if (!s.settled && (!is_silent(s) || e == nullptr)) return false;
    if (s.pin) known.merge((*s.pin)->roster, members_.self().id);
  }
  std::size_t missing = 0;
  for (const cluster::store_entry* e : known.counted()) {
    const auto called = roll.stores().find(format(e->id));
    const auto is = [e](const store& s) { return s.member == e->id && !s.settled; };
    const bool waited_for = std::any_of(asked.begin(), asked.end(), is);
    const bool answered = called != roll.stores().end() && called->second.fully() && !waited_for;
    missing += answered ? 0 : 1;
  }
  return missing < known.proved_copies();
}

env::awaitable<void> store_round::pin_one(cluster::member m, ulid from, ulid to, store& into,
                                          roll_call& roll, silent_members& silent) {
  auto asking = api::ask_pin(env_, into.address, into.id, from, to, into.heard);
  const duration wait = m.state == cluster::state::suspect ? suspect_wait : part_open_wait;
  auto got = co_await env::with_timeout(env_.loop, wait, "its answer", std::move(asking));
  const bool given_up = !got && got.error().code == errc::cancelled;
  if (given_up && !is_silent(into)) co_return;
  into.settled = true;
  news_.notify();
  if (got) {
    roll.store_said(into.id, (*got)->said.covered);
    into.pin.emplace(std::move(*got));
    co_return;
  }
  const std::string why = given_up ? was_silent : got.error().what;
  silent.emplace(m.id, why);
  roll.expect_store(into.id, kind(m.data.role) + where(m));
  roll.store_failed(into.id, why);
  env_.log.warn("a query was answered without one of its sources",
                {{"source", into.who}, {"err", why}});
}

}  // namespace oklog::node
