#include "node/holders.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace oklog::node {
namespace {

constexpr std::uint64_t file_bytes_max = 4 * 1024 * 1024;

}  // namespace

holders::holders(env::environment env, const membership& members, std::string dir, std::string own,
                 metrics_registry& registry)
    : env_(env),
      members_(members),
      dir_(std::move(dir)),
      own_(std::move(own)),
      since_(env.clock.boot()),
      wanted_(registry.make_gauge("oklog_store_replication_factor",
                                  "Copies that are made of what is consumed.")),
      short_(registry.make_gauge(
          "oklog_store_short_of_stores",
          "1 while fewer stores are alive than copies are wanted: nothing is consumed.")) {}

env::awaitable<result<>> holders::open() {
  const std::string path = dir_ + "/" + known_stores_name;
  const auto read = co_await env::offload(
      env_.loop, [&] { return env::read_file(env_.fs, path, file_bytes_max); });
  if (!read) {
    if (read.error().code == errc::not_found) co_return result<>{};
    co_return with_context(path, read.error());
  }
  const auto json = nlohmann::json::parse(*read, nullptr, false);
  if (!json.is_array()) {
    co_return fail(errc::invalid, path + " is no list of store ids: restore it, or remove it");
  }
  for (const auto& id : json) {
    if (id.is_string()) known_.insert(id.get<std::string>());
  }
  kept_ = known_;
  co_return result<>{};
}

std::string holders::text() const {
  return nlohmann::json(known_).dump() + "\n";
}

env::awaitable<void> holders::keep() {
  if (kept_version_ == members_.version()) co_return;
  const std::uint64_t version = members_.version();
  for (const cluster::member& m : members_.all()) {
    const std::string id = format(m.id);
    if (has_store(m.data.role) && id != own_) known_.insert(id);
  }
  if (known_ == kept_) {
    kept_version_ = version;
    co_return;
  }
  const std::set<std::string> now = known_;
  const std::string bytes = text();
  const auto written = co_await env::offload(
      env_.loop, [&] { return env::write_file(env_.fs, dir_, known_stores_name, bytes); });
  if (written) {
    kept_ = now;
    kept_version_ = version;
  } else {
    env_.log.error("writing down which stores are known", {{"err", written.error().what}});
  }
}

bool holders::lone() const {
  if (!known_.empty()) return false;
  const auto& all = members_.all();
  return std::none_of(all.begin(), all.end(), [&](const cluster::member& m) {
    return has_store(m.data.role) && format(m.id) != own_;
  });
}

unsigned holders::factor() const {
  unsigned most = 1;
  for (const cluster::member& m : members_.all()) {
    if (!in_service(m) || !has_store(m.data.role)) continue;
    most = std::max<unsigned>(most, m.data.replication_factor);
  }
  return most;
}

std::optional<store_placement> holders::placement() {
  const boot_time now = env_.clock.boot();
  std::erase_if(passed_over_, [now](const auto& p) { return p.second <= now; });
  store_placement p;
  p.factor = factor();
  // Who has no room says so when it is offered a piece: what a member tells of its disk is coarse.
  for (const cluster::member& m : members_.all()) {
    const std::string id = format(m.id);
    const bool takes = in_service(m) && has_store(m.data.role);
    if (takes && !passed_over_.contains(id)) p.accepting.push_back(id);
  }
  if (lone()) p.accepting.assign(1, own_);
  const bool few = p.accepting.size() < p.factor && !lone();
  wanted_.set(p.factor);
  short_.set(few ? 1 : 0);
  if (few != short_of_stores_) {
    short_of_stores_ = few;
    if (few) {
      env_.log.error("too few stores are alive: nothing is consumed, ingesters keep what they take",
                     {{"alive", p.accepting.size()}, {"wanted", p.factor}});
    } else {
      env_.log.info("enough stores are alive again", {{"alive", p.accepting.size()}});
    }
  }
  if (few) return std::nullopt;
  return p;
}

std::vector<std::string> holders::homes(duration absence) const {
  const boot_time now = env_.clock.boot();
  std::set<std::string> homes;
  std::set<std::string> seen;
  for (const cluster::member& m : members_.all()) {
    if (!has_store(m.data.role)) continue;
    const std::string id = format(m.id);
    seen.insert(id);
    if (in_service(m) || now - m.since < absence) homes.insert(id);
  }
  // Those that this node knew before it started may be starting, too.
  for (const std::string& id : known_) {
    if (!seen.contains(id) && now - since_ < absence) homes.insert(id);
  }
  return {homes.begin(), homes.end()};
}

void holders::refused(const std::string& store) {
  passed_over_[store] = env_.clock.boot() + refusal_pause;
}

}  // namespace oklog::node
