#include "node/status.h"

#include <algorithm>

#include "node/attention.h"
#include "node/outlook.h"
#include "oklog/env/task_group.h"

namespace oklog::node {
namespace {

constexpr duration first_word = std::chrono::minutes(1);  // so that the rate is known
constexpr duration say_again = std::chrono::minutes(10);
constexpr duration shortage_look_every = std::chrono::seconds(10);

wall_time begin_of(std::uint64_t window) {
  return from_unix_ms(static_cast<std::int64_t>(window * window_ms));
}

api::member_counts count_members(const std::vector<cluster::member>& all) {
  api::member_counts n;
  for (const cluster::member& m : all) {
    if (m.state == cluster::state::alive) ++n.alive;
    if (m.state == cluster::state::suspect) ++n.suspect;
    if (m.state == cluster::state::dead) ++n.dead;
    const bool left = m.state == cluster::state::left;
    if (left && m.data.kept_records) ++n.left_with_records;
    const bool missing = m.state != cluster::state::alive && (!left || m.data.kept_records);
    if (missing && n.missing.size() < api::missing_names_max) n.missing.push_back(format(m.id));
  }
  std::sort(n.missing.begin(), n.missing.end());
  return n;
}

}  // namespace

status_reporter::status_reporter(env::environment env, parts of, metrics_registry& registry)
    : env_(env),
      of_(std::move(of)),
      since_(env.clock.boot()),
      coverage_(registry.make_gauge(
          "oklog_answers_coverage",
          "What answers about everything cover, as this node knows without asking: 0 all, 1 all, "
          "though stores are missing, 2 records may be missing.")) {}

store_shortage status_reporter::shortage() const {
  if (of_.st == nullptr) return shortage_of(of_.members->all());
  const holders& stores = of_.st->stores();
  return {stores.accepting(), stores.factor(), stores.alone()};
}

api::ingest_status status_reporter::ingest_now() const {
  const auto queue = of_.in->log().queue();
  api::ingest_status s;
  s.segments = queue.segments;
  s.bytes = queue.bytes;
  s.pending = queue.pending;
  if (queue.segments > 0 && queue.oldest != ulid_max) {
    s.oldest = from_unix_ms(static_cast<std::int64_t>(queue.oldest.ms()));
  }
  return s;
}

api::store_status status_reporter::store_now() const {
  const store_log& log = of_.st->log();
  api::store_status s;
  s.segments = log.segments();
  s.bytes = log.bytes();
  const store_totals totals = log.totals();
  s.partitions = totals.partitions;
  s.records = totals.records;
  if (totals.partitions > 0) {
    s.oldest = begin_of(totals.oldest_window);
    s.newest = begin_of(totals.newest_window);
  }
  s.trash_bytes = totals.trash_bytes;
  s.quarantined = log.quarantined();
  s.damaged = log.damaged().size();
  const store_shortage few = shortage();
  s.factor = of_.factor;
  s.factor_in_force = few.wanted;
  s.stores_alive = few.alive;
  s.lone = few.lone;
  s.consuming = !of_.st->stores().short_of_stores();
  s.draining = of_.st->stores().draining();
  if (of_.repair != nullptr) {
    s.known_partitions = of_.repair->partitions();
    s.under_replicated = of_.repair->under_replicated().size();
    if (s.under_replicated > 0) {
      s.oldest_under_replicated = begin_of(of_.repair->under_replicated().begin()->window);
    }
  }
  return s;
}

api::node_status status_reporter::now() const {
  api::node_status s;
  const cluster::member& self = of_.members->self();
  s.node = format(self.id);
  s.role = std::string(name(self.data.role));
  s.version = self.data.version;
  s.now = env_.clock.now();
  s.up = env_.clock.boot() - since_;
  s.not_ready = of_.not_ready();
  s.members = count_members(of_.members->all());
  for (const disk_watch::data_path& p : of_.disk->paths()) {
    s.disks.push_back(
        {p.path, p.space.total_bytes, p.space.free_bytes, p.reserve, of_.disk->full_in(p.path)});
  }
  if (of_.in != nullptr) s.ingest = ingest_now();
  if (of_.st != nullptr) s.store = store_now();
  const accounting who = accounts();
  if (of_.st != nullptr) s.answers = outlook(who);
  s.attention = attention_of(s);
  for (std::string& sentence : replaced_members(who)) s.attention.push_back(std::move(sentence));
  return s;
}

accounting status_reporter::accounts() const {
  accounting who;
  if (of_.st != nullptr) who.roster = of_.st->roster().roster();
  who.members = of_.members->all();
  who.now = env_.clock.now();
  who.boot = env_.clock.boot();
  who.to_ms = static_cast<std::uint64_t>(unix_ms(who.now));
  return who;
}

void status_reporter::say_what_waits() const {
  const store_shortage few = shortage();
  std::uint64_t bytes = 0;
  std::string full = "not at the present rate";
  if (of_.in != nullptr) {
    bytes = of_.in->log().queue().bytes;
    const auto left = of_.disk->full_in(of_.ingest_path);
    if (left) full = "in " + format_duration(std::chrono::floor<std::chrono::seconds>(*left));
  }
  env_.log.error("nothing is consumed: too few stores are alive", {{"alive", few.alive},
                                                                   {"wanted", few.wanted},
                                                                   {"waiting_bytes", bytes},
                                                                   {"ingest_disk_full", full}});
}

env::awaitable<void> status_reporter::run() {
  boot_time say_at{};
  while (true) {
    if (of_.st != nullptr) coverage_.set(static_cast<double>(outlook(accounts()).state));
    const bool few = of_.st != nullptr ? of_.st->stores().short_of_stores()
                                       : !shortage_of(of_.members->all()).consuming();
    const boot_time now = env_.clock.boot();
    if (!few) {
      say_at = {};
    } else if (say_at == boot_time{}) {
      say_at = now + first_word;
    } else if (now >= say_at) {
      say_what_waits();
      say_at = now + say_again;
    }
    co_await env_.loop.sleep(shortage_look_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
  }
}

}  // namespace oklog::node
