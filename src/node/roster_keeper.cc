#include "node/roster_keeper.h"

#include <algorithm>

namespace oklog::node {
namespace {

constexpr duration settled_pause = std::chrono::seconds(5);
constexpr std::size_t exchanges_a_turn = 3;

}  // namespace

roster_keeper::roster_keeper(env::environment env, membership& members, options o,
                             metrics_registry& registry)
    : env_(env),
      members_(members),
      options_(std::move(o)),
      since_(env.clock.boot()),
      client_(env),
      written_(env.loop),
      admitted_(registry.make_gauge("oklog_store_admitted",
                                    "1 once enough other stores know this one that it may count.")),
      counted_(registry.make_gauge("oklog_store_counted_stores",
                                   "Stores that answers account for, also dead ones.")),
      gone_(registry.make_gauge(
          "oklog_store_gone_stores",
          "Stores that this one holds for lost; their copies are made anew elsewhere.")),
      offset_(registry.make_gauge("oklog_store_clock_offset_seconds",
                                  "The median of all stores' clocks, less this one's.")),
      proved_(registry.make_gauge("oklog_store_proved_copies",
                                  "With fewer counted stores missing an answer is complete.")) {}

env::awaitable<result<>> roster_keeper::open() {
  const std::string path = options_.dir + "/" + roster_name;
  const auto text = co_await env::offload(
      env_.loop, [&] { return env::read_file(env_.fs, path, api::roster_bytes_max); });
  if (!text && text.error().code != errc::not_found) co_return with_context(path, text.error());
  if (text) {
    auto read = api::parse_roster(*text);
    if (!read) {
      co_return fail(errc::invalid,
                     path + " is damaged: restore it, or remove it; the other stores know, too");
    }
    kept_ = std::move(*read);
  }
  if (kept_.store(options_.own) != nullptr) {
    on_disk_.emplace(*text);
    restored_ = self().starts > options_.starts;
    opened_ = {self().epoch, self().revision};
    const auto now = static_cast<std::uint64_t>(unix_ms(env_.clock.now()));
    first_revision_ = std::max(self().revision + 1, now);
  } else {
    cluster::store_entry e;
    e.id = options_.own;
    kept_.put(std::move(e));
  }
  co_return result<>{};
}

env::awaitable<void> roster_keeper::run() {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (restored_) {
      if (on_restored_) on_restored_();
      break;
    }
    const std::uint64_t members = members_.version();
    co_await keep([this](cluster::roster& r) { return take_news(r); });
    if (on_disk_) co_await exchange_with_some();
    if (restored_) continue;
    look_at_clock();
    admitted_.set(self().admitted ? 1 : 0);
    counted_.set(static_cast<double>(kept_.counted().size()));
    gone_.set(static_cast<double>(self().gone.size()));
    proved_.set(kept_.proved_copies());
    if (members == members_.version()) co_await pause();
  }
}

void roster_keeper::look_at_clock() {
  for (const auto& [id, since] : absent_) clocks_.forget(id);
  const duration offset = clocks_.median();
  offset_.set(std::chrono::duration<double>(offset).count());
  const bool far = std::chrono::abs(offset) > clock_warning;
  if (far && !clock_warned_) {
    env_.log.warn("the clock is far from the other stores'", {{"by", format_duration(offset)}});
  }
  clock_warned_ = far;
}

// Short while exchanges bring something forward.
env::awaitable<void> roster_keeper::pause() {
  const std::size_t happened = version_ + confirmed_.size();
  const bool still = happened == known_to_pause_;
  known_to_pause_ = happened;
  pause_ = still ? std::min(2 * pause_, settled_pause) : restless_pause;
  if (settled()) pause_ = settled_pause;
  const bool news = co_await members_.changed().wait_for(pause_);
  if (news) pause_ = restless_pause;
}

// Nothing is known that an exchange would bring forward.
bool roster_keeper::settled() const {
  if (!self().admitted || !members_.doubt().empty()) return false;
  for (const cluster::member& m : members_.all()) {
    if (!in_service(m) || !has_store(m.data.role) || m.id == options_.own) continue;
    const cluster::store_entry* e = kept_.store(m.id);
    if (e == nullptr || !e->admitted || !confirmed_.contains(m.id)) return false;
  }
  return true;
}

env::awaitable<result<bool>> roster_keeper::change(change_fn fn) {
  while (writing_) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "the node is stopping");
    co_await written_.wait();
  }
  cluster::roster next = kept_;
  if (!fn(next)) co_return false;
  writing_ = true;
  std::optional<api::written_roster> text;
  const auto write = [&] {
    text.emplace(api::to_json(next));
    return env::write_file(env_.fs, options_.dir, roster_name, *text->json);
  };
  const auto written = co_await env::offload(env_.loop, write);
  writing_ = false;
  if (written) {
    kept_ = std::move(next);
    ++version_;
    on_disk_ = std::move(text);
    failing_ = false;
  }
  written_.notify();
  if (written) co_return true;
  note_failure(written.error());
  co_return written.error();
}

env::awaitable<void> roster_keeper::keep(change_fn fn) {
  (void)co_await change(std::move(fn));
}

// Once, until it succeeds again.
void roster_keeper::note_failure(const error& why) {
  if (failing_) return;
  failing_ = true;
  env_.log.error("writing down the roster", {{"err", why.what}});
}

// Those first that have not confirmed us; then any.
env::awaitable<void> roster_keeper::exchange_with_some() {
  std::vector<cluster::member> others;
  for (const cluster::member& m : members_.all()) {
    if (in_service(m) && has_store(m.data.role) && m.id != options_.own) others.push_back(m);
  }
  for (std::size_t i = others.size(); i > 1; --i) {
    std::swap(others[i - 1], others[env_.random.next() % i]);
  }
  const auto asked_for = [this](const cluster::member& m) {
    return !confirmed_.contains(m.id) && !silent_.contains(m.id);
  };
  std::stable_partition(others.begin(), others.end(), asked_for);
  if (others.size() > exchanges_a_turn) others.resize(exchanges_a_turn);
  std::vector<env::awaitable<void>> exchanges;
  for (const cluster::member& m : others) {
    exchanges.push_back(exchange_with(m.id, format(m.data.api())));
  }
  co_await env::all(env_.loop, std::move(exchanges));
}

// First theirs is asked for; ours is told only where they still differ then.
env::awaitable<void> roster_keeper::exchange_with(ulid store, std::string api) {
  const std::uint64_t epoch = self().epoch;
  auto got = co_await client_.look(api, *on_disk_);
  if (got) {
    const hash128 theirs = got->hash;
    co_await take(store, epoch, std::move(*got));
    const bool stopped = co_await env::is_cancelled();
    if (stopped || theirs == on_disk_->hash) co_return;
    const std::uint64_t told = self().epoch;
    got = co_await client_.tell(api, *on_disk_);
    if (got) co_return co_await take(store, told, std::move(*got));
  }
  const bool stopped = co_await env::is_cancelled();
  if (!stopped && silent_.insert(store).second) {
    env_.log.warn("exchanging rosters failed",
                  {{"store", format(store)}, {"api", api}, {"err", got.error().what}});
  }
}

// `epoch`: ours, when it was asked.
env::awaitable<void> roster_keeper::take(ulid store, std::uint64_t epoch,
                                         api::roster_client::answer got) {
  silent_.erase(store);
  if (got.clock_offset) clocks_.note(store, *got.clock_offset);
  const cluster::roster* const theirs = got.theirs ? &*got.theirs : nullptr;
  const cluster::store_entry* us = theirs ? theirs->store(options_.own) : nullptr;
  const bool known = theirs == nullptr || (us != nullptr && us->epoch == epoch);
  // First: who has confirmed nothing yet may have been put back from a copy.
  if (theirs != nullptr) look_for_own(*theirs);
  if (known && epoch == self().epoch) confirmed_.insert(store);
  if (theirs == nullptr) co_return;
  co_await keep([this, theirs](cluster::roster& r) { return r.merge(*theirs, options_.own); });
}

result<api::written_roster> roster_keeper::written() const {
  if (!on_disk_) return fail(errc::unavailable, "nothing is on disk yet");
  return *on_disk_;
}

env::awaitable<result<api::written_roster>> roster_keeper::exchange(cluster::roster theirs) {
  look_for_own(theirs);
  const auto done = co_await change(
      [this, &theirs](cluster::roster& r) { return r.merge(theirs, options_.own); });
  if (!done) co_return done.error();
  co_return written();
}

env::awaitable<result<>> roster_keeper::change_self(std::function<void(cluster::store_entry&)> fn) {
  const auto done = co_await change([this, &fn](cluster::roster& r) {
    cluster::store_entry e = *r.store(options_.own);
    const cluster::store_entry was = e;
    fn(e);
    if (e == was) return false;
    count_change(e);
    return r.put(std::move(e));
  });
  if (!done) co_return done.error();
  co_return result<>{};
}

env::awaitable<result<counted_write>> roster_keeper::begin_write(unsigned copies) {
  counted_write w(copies_written_, copies);
  least_since_pass_ = std::min(least_since_pass_, copies);
  // A write under way may be raising it.
  if (writing_ || self().proved > copies) {
    CO_TRY(co_await change_self([copies](cluster::store_entry& e) {
      e.proved = std::min(e.proved, static_cast<std::uint8_t>(copies));
    }));
  }
  co_return std::move(w);
}

void roster_keeper::begin_pass() {
  least_since_pass_ = copies_written_.empty() ? no_write : *copies_written_.begin();
}

env::awaitable<void> roster_keeper::announce_pass(unsigned copies,
                                                  std::vector<cluster::store_life> knew) {
  (void)co_await change_self([&](cluster::store_entry& e) {
    e.proved = static_cast<std::uint8_t>(std::min(copies, least_since_pass_));
    e.clean_knew = knew;
  });
}

env::awaitable<result<>> roster_keeper::set_draining(bool on) {
  co_return co_await change_self([on](cluster::store_entry& e) { e.draining = on; });
}

env::awaitable<result<>> roster_keeper::set_full(bool on) {
  co_return co_await change_self([on](cluster::store_entry& e) { e.full = on; });
}

env::awaitable<result<>> roster_keeper::give_up(ulid id) {
  const auto now = static_cast<std::uint64_t>(unix_ms(env_.clock.now()));
  bool known = false;
  const auto done = co_await change([&](cluster::roster& r) {
    bool changed = false;
    if (const auto* s = r.store(id); s != nullptr && id != options_.own) {
      known = true;
      if (!r.retired(s->life())) changed = r.retire(id, {s->epoch, now});
    }
    const auto at = r.ingesters().find(id);
    if (at != r.ingesters().end() && id != options_.own) {
      known = true;
      cluster::ingester_entry e = at->second;
      if (e.given_up < e.starts && !e.handed_over) {
        e.given_up = e.starts;
        e.given_up_ms = now;
        changed |= r.put(e);
      }
    }
    return changed;
  });
  if (!done) co_return done.error();
  if (!known) co_return fail(errc::not_found, "no such store or ingester is known");
  co_return result<>{};
}

}  // namespace oklog::node
