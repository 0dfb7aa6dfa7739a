#include "history/trouble.h"

#include <algorithm>

namespace oklog::history {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t plenty = 1ULL << 40;

duration milliseconds(std::uint64_t n) {
  return std::chrono::milliseconds(n);
}

}  // namespace

trouble::trouble(sim::world& world, fleet& nodes, disk_judge& disks, const plan& p)
    : world_(world),
      nodes_(nodes),
      disks_(disks),
      plan_(p),
      random_(p.seed ^ 0x7461726e),
      tasks_(world.loop()) {}

env::awaitable<void> trouble::run() {
  set_weather(plan_.loss, plan_.duplication, plan_.reordering);
  const duration begun = world_.elapsed();
  for (const fault_event& e : plan_.events) {
    co_await world_.loop().sleep(begun + e.at - world_.elapsed());
    const bool stopped = co_await env::is_cancelled();
    if (stopped || healed_) break;
    begin(e);
  }
}

void trouble::set_weather(std::uint64_t loss, std::uint64_t duplication, std::uint64_t reordering) {
  world_.net().set_loss(loss, million);
  world_.net().set_duplication(duplication, million);
  world_.net().set_reordering(reordering, million, 200ms);
}

std::string trouble::some_host(std::uint64_t which) const {
  // Now and then it is the client who is cut off.
  const std::uint64_t i = which % (nodes_.size() * 4 + 1);
  return i == nodes_.size() * 4 ? "client" : "n" + std::to_string(i / 4);
}

void trouble::begin(const fault_event& e) {
  const std::size_t i = e.where % nodes_.size();
  world_.trace(describe(e));
  ++happened_[e.what];
  switch (e.what) {
    case fault::latency:
    case fault::cut:
    case fault::partition:
    case fault::reset:
      return make_cut(e);
    case fault::clog:
      return tasks_.spawn(clog_slowly(e));
    case fault::slow_disk:
    case fault::full_disk:
    case fault::sync_errors:
    case fault::io_errors:
    case fault::bad_reads:
      return harm_disk(i, e);
    case fault::kill:
    case fault::crash:
    case fault::torn:
    case fault::stop:
    case fault::pause:
      return die(i, e);
    case fault::wipe:
    case fault::gone:
      return lose_disk(i, e);
    case fault::join:
      return join(e);
    case fault::jump: {
      const duration by = milliseconds(e.amount % 480'000) - 240s;
      sim::host* h = &nodes_.host(i);
      h->step_wall_clock(by);
      return later(e.lasts, [h, by] { h->step_wall_clock(-by); });
    }
    case fault::flip:
      return flip(i, e);
    case fault::loss:
    case fault::skew:
    case fault::retention:
    case fault::factors:
      return;
  }
}

void trouble::make_cut(const fault_event& e) {
  const std::string a = some_host(e.where);
  const std::string b = some_host(e.other);
  sim::network* net = &world_.net();
  if (e.what == fault::partition) {
    std::set<std::string> inside;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if ((e.amount >> i & 1) != 0) inside.insert("n" + std::to_string(i));
    }
    if ((e.amount >> 60) == 0) inside.insert("client");
    net->partition(inside);
    return later(e.lasts, [net] { net->heal(); });
  }
  if (a == b) return;
  if (e.what == fault::reset) return net->reset(a, b);
  if (e.what == fault::latency) {
    net->set_latency(a, b, milliseconds(e.amount % 100), milliseconds(100 + e.amount % 900));
    return later(e.lasts, [net, a, b] { net->set_latency(a, b, 50us, 2ms); });
  }
  net->block(a, b);
  later(e.lasts, [net, a, b] { net->unblock(a, b); });
}

// Links of some nodes stop one by one in random order, and are released one by one.
env::awaitable<void> trouble::clog_slowly(fault_event e) {
  std::vector<std::pair<std::string, std::string>> links;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      const bool drawn = (e.amount >> ((i * 7 + j) % 63) & 1) != 0;
      if (i != j && drawn) links.emplace_back("n" + std::to_string(i), "n" + std::to_string(j));
    }
  }
  random_.shuffle(links);
  const duration step = e.lasts / static_cast<long>(2 * links.size() + 1);
  for (const auto& [from, to] : links) {
    world_.net().block(from, to);
    co_await world_.loop().sleep(step);
  }
  random_.shuffle(links);
  for (const auto& [from, to] : links) {
    world_.net().unblock(from, to);
    co_await world_.loop().sleep(step);
  }
}

void trouble::die(std::size_t i, const fault_event& e) {
  sim::host& h = nodes_.host(i);
  if (!h.alive() || nodes_.gone(i)) return;
  if (e.what == fault::pause) {
    sim::host* paused = &h;
    h.pause();
    return later(e.lasts, [paused] { paused->resume(); });
  }
  if (e.what == fault::torn) {
    h.crash_before_operation(1 + e.amount % 60);
    return tasks_.spawn(watch_torn(i, e.lasts));
  }
  if (e.what == fault::stop) {
    nodes_.stop(i);
  } else if (e.what == fault::kill) {
    nodes_.kill(i);
    disks_.check_after_death(i);
  } else {
    nodes_.crash(i);
    disks_.check_after_death(i);
  }
  tasks_.spawn(start_later(i, e.lasts));
}

env::awaitable<void> trouble::watch_torn(std::size_t i, duration wait) {
  for (int tries = 0; tries < 1000; ++tries) {
    co_await world_.loop().sleep(10ms);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    if (!nodes_.has_crashed(i)) continue;
    disks_.check_after_death(i);
    co_await start_later(i, wait);
    co_return;
  }
}

// Enough must stay for the cluster to be one: as many stores as copies, somebody to send to, and
// two nodes, since one whose peers never come back cannot know whom it lacks, and says so for ever.
bool trouble::may_be_gone(std::size_t i) const {
  unsigned nodes = 0;
  unsigned stores = 0;
  unsigned ingesters = 0;
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    if (k == i || nodes_.gone(k)) continue;
    ++nodes;
    stores += cluster::has_store(nodes_.role(k)) ? 1 : 0;
    ingesters += cluster::has_ingest(nodes_.role(k)) ? 1 : 0;
  }
  return nodes >= 2 && stores >= plan_.factor && ingesters > 0;
}

void trouble::lose_disk(std::size_t i, const fault_event& e) {
  const bool for_good = e.what == fault::gone;
  const bool kept = plan_.factors_differ && i == 0;  // what it is set to holds as long as it counts
  const bool possible =
      !kept && !nodes_.gone(i) && disks_.may_lose(i) && (!for_good || may_be_gone(i));
  if (!possible) {
    --happened_[e.what];
    return;
  }
  nodes_.crash(i);
  note_loss(i);
  nodes_.host(i).lose_disk();
  if (for_good) return nodes_.give_up(i);
  tasks_.spawn(start_later(i, e.lasts));
}

void trouble::note_loss(std::size_t i) {
  for (const std::string& id : disks_.member_ids(i)) lost_.push_back(id);
  disks_.note_loss(i);
}

void trouble::join(const fault_event& e) {
  if (nodes_.size() >= 12) return;
  const cluster::role roles[] = {cluster::role::ingeststore, cluster::role::ingeststore,
                                 cluster::role::store};
  nodes_.start(nodes_.add(roles[e.amount % 3]));
}

void trouble::harm_disk(std::size_t i, const fault_event& e) {
  sim::host* h = &nodes_.host(i);
  if (!h->alive()) return;
  sim::disk* d = &h->disk();  // of this life; it stays as long as the world
  if (e.what == fault::slow_disk) {
    h->set_pool_delay(milliseconds(1 + e.amount % 50), milliseconds(51 + e.other % 2000));
    return later(e.lasts, [h] { h->set_pool_delay(20us, 1ms); });
  }
  if (e.what == fault::full_disk) {
    d->set_capacity(d->used() + e.amount % 65536);
    return later(e.lasts, [h] { h->stored().set_capacity(plenty); });
  }
  if (e.what == fault::sync_errors) {
    d->fail_syncs(true);
    return later(e.lasts, [d] { d->fail_syncs(false); });
  }
  if (e.what == fault::bad_reads) {
    // Far apart: what reads badly is read again, and must then be right.
    for (std::uint64_t n = 0; n < 1 + e.amount % 4; ++n) {
      const bool cut = (e.amount >> (n + 8) & 1) != 0;
      d->spoil_operation(d->operations() + 1 + 400 * n + (e.other >> n) % 100,
                         cut ? sim::spoiled_read::cut : sim::spoiled_read::misplaced);
    }
    return;
  }
  failing_.insert(i);
  for (std::uint64_t n = 0; n < 1 + e.amount % 8; ++n) {
    d->fail_operation(d->operations() + 1 + (e.other >> n) % 200);
  }
}

void trouble::flip(std::size_t i, const fault_event& e) {
  const auto place = disks_.may_flip(i, e.other, e.amount >> 8);
  if (!place) {
    --happened_[e.what];
    return;
  }
  disks_.note_flip(i, place->path);
  nodes_.host(i).stored().bit_flip(place->path, place->offset, e.amount % 8);
}

env::awaitable<void> trouble::start_later(std::size_t i, duration wait) {
  co_await world_.loop().sleep(wait);
  const bool stopped = co_await env::is_cancelled();
  if (!stopped) nodes_.start(i);
}

env::awaitable<void> trouble::undo_later(duration wait, std::function<void()> undo) {
  co_await world_.loop().sleep(wait);
  const bool stopped = co_await env::is_cancelled();
  if (!stopped) undo();
}

void trouble::later(duration wait, std::function<void()> undo) {
  tasks_.spawn(undo_later(wait, std::move(undo)));
}

void trouble::end() {
  healed_ = true;
  tasks_.stop();
  const auto ended = [this] { return tasks_.size() == 0; };
  world_.run_until(ended, 1min);
}

void trouble::heal() {
  end();
  set_weather(0, 0, 0);
  world_.net().heal();
  const auto all = [this](std::size_t i) {
    return i == nodes_.size() ? std::string("client") : "n" + std::to_string(i);
  };
  for (std::size_t i = 0; i <= nodes_.size(); ++i) {
    for (std::size_t j = 0; j <= nodes_.size(); ++j) {
      if (i != j) world_.net().set_latency(all(i), all(j), 50us, 2ms);
    }
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    sim::host& h = nodes_.host(i);
    h.resume();
    h.set_pool_delay(20us, 1ms);
    h.stored().set_capacity(plenty);
    h.stored().fail_syncs(false);
    if (h.alive()) h.disk().on_operation(nullptr);
    if (nodes_.has_crashed(i)) disks_.check_after_death(i);
    // A file that could not be read once is passed over until the next start.
    if (failing_.contains(i) && !nodes_.gone(i)) nodes_.kill(i);
  }
  nodes_.start_all();
}

}  // namespace oklog::history
