#include "oklog/history/history.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "history/disk_judge.h"
#include "history/fleet.h"
#include "history/load.h"
#include "history/questions.h"
#include "history/quiet.h"
#include "history/refusals.h"
#include "history/trouble.h"

namespace oklog::history {
namespace {

using namespace std::chrono_literals;

constexpr duration begin_patience = 60s;
constexpr duration quiet_patience = 10min;
constexpr duration look_every = 2s;
constexpr duration stream_begins = 3s;
constexpr duration stream_lasts = 12s;
// Partitions come to rest when their hour is over: instead of waiting for it, wall clocks go on by
// less than what a store takes for a jump.
constexpr duration to_next_hour = 59min;
constexpr duration senders_patience = 20s;

class history {
 public:
  history(const plan& p, bool print_logs)
      : plan_(p),
        world_(p.seed),
        nodes_(world_, p),
        refusals_(world_, nodes_),
        disks_(world_, nodes_, p, book_, [this](std::string what) { wrong(std::move(what)); }),
        load_(world_, nodes_, p, book_),
        questions_(world_, nodes_, p, book_, [this](std::string what) { wrong(std::move(what)); }),
        trouble_(world_, nodes_, disks_, p),
        quiet_(world_, nodes_, disks_, questions_, p),
        senders_(world_.loop()),
        people_(world_.loop()) {
    world_.print_logs(print_logs);
    nodes_.on_start = [this](std::size_t i) {
      disks_.watch(i);
      refusals_.watch(i);
    };
  }
  ~history() {
    senders_.stop();
    people_.stop();
    world_.run_until([this] { return senders_.size() + people_.size() == 0; }, 2min);
    trouble_.end();
    nodes_.shut_down();
  }

  outcome run() {
    begin();
    if (well()) go_wrong();
    if (well()) calm_down();
    if (well()) live_on();
    if (well() && !nodes_.stop_all()) wrong("a node did not stop in order");
    return summary();
  }

 private:
  bool well() const { return out_.failure.empty(); }
  void wrong(std::string what) {
    if (!well()) return;
    out_.failure = std::move(what);
    out_.failed_at = world_.elapsed();
  }
  // Ends early where something is found to be wrong.
  bool run_until(const std::function<bool()>& done, duration limit) {
    world_.run_until([&] { return !well() || done(); }, limit);
    return well() && done();
  }
  env::awaitable<void> tend_for_ever() {
    while (true) {
      co_await world_.loop().sleep(1s);
      const bool stopped = co_await env::is_cancelled();
      if (stopped) break;
      nodes_.tend();
      const std::string unsaid = refusals_.unsaid();
      if (!unsaid.empty()) wrong(unsaid);
    }
  }

  void begin();
  void go_wrong();
  void let_the_hour_end();
  void calm_down();
  void live_on();
  env::awaitable<void> check_stream(std::size_t node, std::vector<std::uint64_t> lines);
  env::awaitable<void> send_all(std::vector<std::vector<std::uint64_t>> batches,
                                std::vector<std::size_t> to);
  outcome summary();

  const plan& plan_;
  outcome out_;
  sim::world world_;
  ledger book_;
  fleet nodes_;
  refusals refusals_;
  disk_judge disks_;
  load load_;
  questions questions_;
  trouble trouble_;
  quiet quiet_;
  env::task_group senders_;
  env::task_group people_;
};

// Nobody sends before all know each other: a store that has never known another one consumes alone,
// and is right to.
void history::begin() {
  nodes_.start_all();
  people_.spawn(tend_for_ever());
  people_.spawn(quiet_.look_for_ever(look_every));
  if (!run_until([this] { return quiet_.acquainted(); }, begin_patience)) {
    wrong("the nodes did not get to know each other");
  }
}

void history::go_wrong() {
  for (unsigned i = 0; i < plan_.senders; ++i) senders_.spawn(load_.send_for_ever(i));
  people_.spawn(questions_.ask_for_ever());
  people_.spawn(questions_.stream_for_ever());
  people_.spawn(trouble_.run());
  run_until([] { return false; }, plan_.trouble);
  load_.stop();
}

void history::let_the_hour_end() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_.host(i).step_wall_clock(to_next_hour);
}

void history::calm_down() {
  trouble_.heal();
  run_until([this] { return senders_.size() == 0; }, senders_patience);
  let_the_hour_end();
  quiet_.forget(trouble_.lost_members());
  book_.release_lost();
  const duration healed = world_.elapsed();
  if (!run_until([this] { return quiet_.reached(); }, quiet_patience)) {
    wrong("no quiet within " + format_duration(quiet_patience) + ": " + quiet_.why_not());
  }
  out_.until_quiet = world_.elapsed() - healed;
}

env::awaitable<void> history::send_all(std::vector<std::vector<std::uint64_t>> batches,
                                       std::vector<std::size_t> to) {
  prng random(plan_.seed ^ 0x73656e64);
  co_await world_.loop().sleep(stream_begins);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const bool kept = co_await load_.send_batch(to[i], batches[i], promise::on_disk, random);
    if (!kept) wrong("in a healthy cluster n" + std::to_string(to[i]) + " did not keep a batch");
  }
}

env::awaitable<void> history::check_stream(std::size_t node, std::vector<std::uint64_t> lines) {
  const auto seen = co_await questions_.read_stream(node, stream_lasts);
  for (const std::uint64_t n : lines) {
    const auto times = std::count(seen.begin(), seen.end(), n);
    if (times == 1) continue;
    wrong("the stream of n" + std::to_string(node) + " in a healthy cluster shows \"" +
          book_[n].text.substr(0, 30) + "\" " + std::to_string(times) + " times");
  }
}

// The cluster is well again: what is sent now is kept, streamed once, and found everywhere.
void history::live_on() {
  prng random(plan_.seed ^ 0x63616c6d);
  std::vector<std::vector<std::uint64_t>> batches;
  std::vector<std::size_t> to;
  std::vector<std::uint64_t> lines;
  std::optional<std::size_t> store;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_.gone(i)) continue;
    if (cluster::has_store(nodes_.role(i))) store = i;
    if (!cluster::has_ingest(nodes_.role(i))) continue;
    to.push_back(i);
    batches.push_back(load_.new_batch(5, random));
    lines.insert(lines.end(), batches.back().begin(), batches.back().end());
  }
  env::task_group calm(world_.loop());
  calm.spawn(check_stream(*store, lines));
  calm.spawn(send_all(batches, to));
  run_until([&] { return calm.size() == 0; }, stream_lasts + 1min);
  calm.stop();
  world_.run_until([&] { return calm.size() == 0; }, 1min);
  let_the_hour_end();
  quiet_.begin_again();
  if (well() && !run_until([this] { return quiet_.reached(); }, quiet_patience)) {
    wrong("no quiet after more was sent: " + quiet_.why_not());
  }
}

outcome history::summary() {
  out_.hash = world_.trace_hash();
  out_.events = world_.events();
  out_.simulated = world_.elapsed();
  out_.lines_sent = book_.times_sent();
  out_.lines_kept = book_.kept_lines();
  out_.lines_released = book_.released_lines();
  const answer_figures& a = questions_.figures();
  out_.records_found = a.records;
  out_.full = a.full;
  out_.degraded = a.degraded;
  out_.partial = a.partial;
  out_.none = a.none;
  out_.streams = a.streams;
  out_.commits = disks_.commits();
  out_.pieces_repaired = quiet_.pieces_repaired();
  out_.faults = trouble_.happened();
  return out_;
}

}  // namespace

outcome run_history(const plan& p, bool print_logs) {
  history h(p, print_logs);
  return h.run();
}

}  // namespace oklog::history
