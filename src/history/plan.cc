#include "oklog/history/plan.h"

#include <algorithm>
#include <cstdio>

#include "oklog/base/prng.h"

namespace oklog::history {
namespace {

using namespace std::chrono_literals;

duration between(prng& random, duration low, duration high) {
  return low + duration(random.below(static_cast<std::uint64_t>((high - low).count()) + 1));
}

std::uint64_t one_of(prng& random, std::initializer_list<std::uint64_t> values) {
  return *(values.begin() + random.below(values.size()));
}

// How a kind of fault is drawn: in which share of the histories (of 100) it happens at all, how
// often in these, and for how long.
struct habit {
  fault what;
  std::uint64_t percent;
  std::uint64_t most;
  duration shortest;
  duration longest;
};
constexpr habit habits[] = {
    {fault::latency, 40, 4, 1s, 20s},   {fault::cut, 40, 4, 1s, 25s},
    {fault::partition, 40, 3, 1s, 25s}, {fault::clog, 25, 2, 2s, 20s},
    {fault::reset, 30, 5, 0s, 0s},      {fault::slow_disk, 30, 3, 1s, 20s},
    {fault::full_disk, 20, 2, 2s, 20s}, {fault::sync_errors, 20, 2, 0s, 2s},
    {fault::io_errors, 20, 3, 0s, 0s},  {fault::kill, 50, 4, 100ms, 15s},
    {fault::crash, 50, 4, 500ms, 25s},  {fault::torn, 40, 4, 500ms, 15s},
    {fault::stop, 30, 2, 100ms, 10s},   {fault::pause, 30, 3, 500ms, 20s},
    {fault::wipe, 25, 2, 500ms, 15s},   {fault::gone, 25, 2, 0s, 0s},
    {fault::join, 25, 2, 0s, 0s},       {fault::jump, 20, 3, 1s, 2min},
    {fault::flip, 25, 4, 0s, 0s},       {fault::bad_reads, 20, 3, 0s, 0s},
};

prng prng_for(std::uint64_t seed, std::uint64_t what) {
  return prng(seed * 1000003 + what);
}

void draw_cluster(prng& random, plan& p, const plan_options& o) {
  const std::uint64_t drawn = one_of(random, {3, 3, 3, 4, 5, 5, 6, 7, 9});
  const std::uint64_t nodes = o.nodes != 0 ? o.nodes : drawn;
  const auto factor = static_cast<unsigned>(one_of(random, {1, 2, 2, 2, 2, 2, 3, 3}));
  p.factor = o.factor != 0 ? o.factor : factor;
  const bool mixed = nodes > 3 && random.chance(1, 3);
  for (std::uint64_t i = 0; i < nodes; ++i) {
    // Enough stores, and never without an ingester.
    cluster::role role = cluster::role::ingeststore;
    if (mixed && i > p.factor) {
      const cluster::role roles[] = {cluster::role::ingest, cluster::role::store,
                                     cluster::role::ingeststore};
      role = roles[random.below(3)];
    }
    p.roles.push_back(role);
  }
}

// Everything that takes minutes or hours in earnest takes seconds here.
void draw_settings(prng& random, plan& p) {
  node::config& c = p.settings;
  c.api = {"0.0.0.0", 7650};
  c.gossip.listen = {"0.0.0.0", 7659};
  c.in.fast = {"0.0.0.0", 7651};
  c.in.durable = {"0.0.0.0", 7652};
  c.in.path = "/data/ingest";
  c.st.log.path = "/data/store";
  c.drain_timeout = between(random, 1s, 10s);
  c.in.flush_age = between(random, 300ms, 3s);
  c.in.flush_bytes = one_of(random, {2, 4, 16, 64}) * 1024;
  c.in.pending_timeout = between(random, 2s, 10s);
  c.in.mode = p.topics ? node::topic_mode::dynamic : node::topic_mode::fixed;
  c.st.replication_factor = static_cast<std::uint8_t>(p.factor);
  c.st.target_age = between(random, 100ms, 3s);
  c.st.repair_every = between(random, 2s, 6s);
  c.st.repair_after = between(random, 5s, 25s);
  c.st.log.compact.target_bytes = one_of(random, {8, 32, 128, 4096}) * 1024;
  c.st.log.compact.seam = between(random, 0s, 10s);
  c.st.log.compact.quiet = between(random, 2s, 8s);
  c.st.log.retention.purge = between(random, 5s, 30s);
  c.st.scrub_every = between(random, 15s, 60s);
  c.st.release_hold = 65s;  // rounds of catalogues may take a minute
}

void draw_weather(plan& p) {
  if (p.faults.contains(fault::loss)) {
    prng random = prng_for(p.seed, 1);
    p.loss = one_of(random, {0, 10'000, 50'000, 100'000, 300'000});
    p.duplication = one_of(random, {0, 10'000, 100'000, 300'000});
    p.reordering = one_of(random, {0, 10'000, 200'000});
  }
  if (p.faults.contains(fault::skew)) {
    prng random = prng_for(p.seed, 2);
    const std::uint64_t most = one_of(random, {0, 1, 20, 120});
    for (int i = 0; i < 12; ++i) {
      p.skews.push_back(between(random, -1s * most, 1s * most));
    }
  }
  prng clock = prng_for(p.seed, 3);
  const duration hour_ends_in = between(clock, 5s, p.trouble);
  p.wall_begins = clock.chance(1, 2) ? 1h - hour_ends_in : between(clock, 10min, 50min);
  if (p.faults.contains(fault::retention)) {
    prng random = prng_for(p.seed, 4);
    // The hour ends soon, and a little later what was written in it is too old.
    if (random.chance(1, 4)) {
      p.wall_begins = 1h - hour_ends_in;
      p.settings.st.log.retention.retain = between(random, 10s, 60s);
    }
  }
}

void draw_factors(plan& p) {
  prng random = prng_for(p.seed, 5);
  p.factors_differ = p.faults.contains(fault::factors) && p.factor > 1 && random.chance(1, 4);
}

void draw_events(plan& p) {
  for (const habit& h : habits) {
    prng random = prng_for(p.seed, 100 + static_cast<std::uint64_t>(h.what));
    if (!p.faults.contains(h.what) || !random.chance(h.percent, 100)) continue;
    const std::uint64_t times = 1 + random.below(h.most);
    for (std::uint64_t i = 0; i < times; ++i) {
      fault_event e{h.what, between(random, 1s, p.trouble), between(random, h.shortest, h.longest)};
      e.where = random.next();
      e.other = random.next();
      e.amount = random.next();
      p.events.push_back(e);
    }
  }
  std::stable_sort(p.events.begin(), p.events.end(),
                   [](const fault_event& a, const fault_event& b) { return a.at < b.at; });
}

void add_line(std::string& out, const std::string& what, const std::string& value) {
  out += "  " + what + ": " + value + "\n";
}

}  // namespace

plan draw_plan(const plan_options& o) {
  plan p;
  p.seed = o.seed;
  p.faults = o.faults;
  prng random = prng_for(o.seed, 0);
  draw_cluster(random, p, o);
  p.trouble = between(random, 60s, 120s);
  if (o.trouble > 0s) p.trouble = o.trouble;
  p.senders = static_cast<unsigned>(2 + random.below(4));
  p.topics = random.chance(1, 2);
  p.ask_every = between(random, 500ms, 4s);
  draw_settings(random, p);
  draw_weather(p);
  draw_factors(p);
  draw_events(p);
  std::vector<fault_event> kept;
  for (std::size_t i = 0; i < p.events.size(); ++i) {
    const bool left_out = std::find(o.without.begin(), o.without.end(), i) != o.without.end();
    p.events[i].number = i;
    if (!left_out) kept.push_back(p.events[i]);
  }
  p.events = std::move(kept);
  return p;
}

std::string describe(const plan& p) {
  std::string out = "seed " + std::to_string(p.seed) + "\n";
  std::string roles;
  for (const cluster::role r : p.roles) roles += (roles.empty() ? "" : " ") + std::string(name(r));
  add_line(out, "nodes", roles);
  const std::string others = p.factors_differ ? ", some nodes are set to fewer" : "";
  add_line(out, "copies", std::to_string(p.factor) + others);
  add_line(out, "trouble", format_duration(p.trouble));
  add_line(out, "senders", std::to_string(p.senders));
  add_line(out, "flush after", format_duration(p.settings.in.flush_age));
  add_line(out, "leases", format_duration(p.settings.in.pending_timeout));
  add_line(out, "repair after", format_duration(p.settings.st.repair_after));
  add_line(out, "retention", format_duration(p.settings.st.log.retention.retain));
  add_line(out, "wall clock begins at", format_duration(p.wall_begins));
  add_line(out, "lost datagrams of a million", std::to_string(p.loss));
  for (const fault_event& e : p.events) {
    out += "  event " + std::to_string(e.number) + ": " + describe(e) + "\n";
  }
  return out;
}

}  // namespace oklog::history
