#include "history/quiet.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oklog/api/catalogue_api.h"

namespace oklog::history {
namespace {

using namespace std::chrono_literals;

constexpr duration reply_wait = 20s;

std::string label(std::size_t node) {
  return "n" + std::to_string(node);
}

double metric(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  if (at == text.npos) return 0;
  return std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

}  // namespace

quiet::quiet(sim::world& world, fleet& nodes, disk_judge& disks, questions& asker, const plan& p)
    : world_(world), nodes_(nodes), disks_(disks), asker_(asker), plan_(p) {}

env::awaitable<void> quiet::look_for_ever(duration every) {
  while (true) {
    co_await world_.loop().sleep(every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if ((acquainted_ && !at_rest_) || reached_) continue;
    const std::uint64_t look_number = ++looks_;
    std::string found = co_await look();
    if (look_number != looks_) continue;
    why_not_ = std::move(found);
    if (why_not_.empty()) (at_rest_ ? reached_ : acquainted_) = true;
  }
}

void quiet::begin_again() {
  at_rest_ = true;
  reached_ = false;
  ++looks_;
}

void quiet::forget(const std::vector<std::string>& members) {
  to_forget_.insert(members.begin(), members.end());
  begin_again();
}

std::vector<std::size_t> quiet::present() const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_.gone(i)) all.push_back(i);
  }
  return all;
}

env::awaitable<std::string> quiet::look() {
  if (at_rest_) co_await tell_to_forget();
  std::string found = co_await look_at_members();
  if (!found.empty() || !at_rest_) co_return found;
  for (const std::size_t i : present()) {
    const std::size_t left = disks_.unconsumed(i);
    if (left > 0) {
      co_return label(i) + " has not handed over " + std::to_string(left) + " segments";
    }
  }
  found = disks_.damage_left();
  if (found.empty()) found = disks_.surplus_left();
  if (found.empty()) found = co_await look_at_stores();
  if (!found.empty()) co_return found;
  co_return co_await look_at_answers();
}

env::awaitable<void> quiet::tell_to_forget() {
  for (const std::string& id : to_forget_) {
    for (const std::size_t i : present()) {
      if (forgotten_.contains({i, id})) continue;
      const std::string target = "/-/forget?accept-loss&name=" + id;
      const reply r = co_await nodes_.ask(http::method::post, nodes_.url(i, target), reply_wait);
      if (r.status == 200 || r.status == 404) forgotten_.insert({i, id});
    }
  }
}

env::awaitable<std::string> quiet::look_at_members() {
  const std::vector<std::size_t> all = present();
  for (const std::size_t i : all) {
    if (!nodes_.serves(i)) co_return label(i) + " does not run";
    const reply r = co_await nodes_.ask(http::method::get, nodes_.url(i, "/-/cluster"), reply_wait);
    const auto json = nlohmann::json::parse(r.body, nullptr, false);
    if (r.status != 200 || !json.is_object()) co_return label(i) + " does not say whom it knows";
    std::size_t alive = 0;
    for (const auto& m : json["members"]) alive += m["state"] == "alive" ? 1 : 0;
    if (alive != all.size()) {
      co_return label(i) + " knows " + std::to_string(alive) + " living members of " +
          std::to_string(all.size());
    }
  }
  co_return "";
}

env::awaitable<std::string> quiet::look_at_stores() {
  std::vector<store_catalogue> held;
  for (const std::size_t i : present()) {
    if (!cluster::has_store(nodes_.role(i))) continue;
    const reply r =
        co_await nodes_.ask(http::method::get, nodes_.url(i, "/store/_catalogue"), reply_wait);
    auto catalogue = api::parse_catalogue(r.body);
    if (r.status != 200 || !catalogue) co_return label(i) + " does not say what it holds";
    held.push_back(std::move(*catalogue));
  }
  const std::string differs = compare(held);
  if (!differs.empty()) co_return differs;
  co_return co_await look_at_gauges();
}

env::awaitable<std::string> quiet::look_at_gauges() {
  std::uint64_t repaired = 0;
  for (const std::size_t i : present()) {
    if (!cluster::has_store(nodes_.role(i))) continue;
    const reply r = co_await nodes_.ask(http::method::get, nodes_.url(i, "/metrics"), reply_wait);
    if (r.status != 200) co_return label(i) + " shows no metrics";
    repaired += static_cast<std::uint64_t>(metric(r.body, "oklog_store_repaired_segments_total"));
    if (metric(r.body, "oklog_store_under_replicated_partitions") > 0) {
      co_return label(i) + " says that copies are missing";
    }
    if (metric(r.body, "oklog_store_replication_factor") != plan_.factor) {
      co_return label(i) + " does not say that " + std::to_string(plan_.factor) +
          " copies are made";
    }
  }
  repaired_ = std::max(repaired_, repaired);
  co_return "";
}

// Of every partition so many stores hold equal sets as copies are wanted, and nobody holds more.
std::string quiet::compare(const std::vector<store_catalogue>& all) const {
  std::set<partition> partitions;
  std::uint64_t floor = 0;
  for (const store_catalogue& c : all) {
    floor = std::max(floor, c.floor);
    for (const catalogue_partition& p : c.partitions) partitions.insert(p.where);
  }
  for (const partition& where : partitions) {
    if (where.window < floor) continue;
    set_digest most;
    for (const store_catalogue& c : all) {
      const catalogue_partition* p = c.find(where);
      if (p != nullptr && p->digest.count > most.count) most = p->digest;
    }
    unsigned equal = 0;
    for (const store_catalogue& c : all) {
      const catalogue_partition* p = c.find(where);
      if (p == nullptr) continue;
      if (!p->settled) return c.store_id + " has not settled " + format(where);
      equal += p->digest == most ? 1 : 0;
    }
    if (equal < std::min<std::size_t>(plan_.factor, all.size())) {
      return "only " + std::to_string(equal) + " stores have all of " + format(where);
    }
  }
  return "";
}

env::awaitable<std::string> quiet::look_at_answers() {
  std::vector<std::uint64_t> first;
  bool any = false;
  for (const std::size_t i : present()) {
    if (!cluster::has_store(nodes_.role(i))) continue;
    auto whole = co_await asker_.ask_everything(i);
    if (whole.says.coverage != claim::complete) {
      co_return label(i) + " does not answer in full: " + whole.summary;
    }
    if (any && whole.lines != first) co_return label(i) + " answers otherwise than others";
    first = std::move(whole.lines);
    any = true;
  }
  co_return "";
}

}  // namespace oklog::history
