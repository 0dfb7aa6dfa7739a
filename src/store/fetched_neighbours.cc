#include "oklog/store/fetched_neighbours.h"

#include <algorithm>
#include <set>

#include "oklog/store/context.h"

namespace oklog {
namespace {

constexpr std::size_t batch_bytes = 1024 * 1024;
constexpr auto reach_ms = static_cast<std::uint64_t>(context_reach.count());

bool belongs(const neighbourhood& of, const record_view& r) {
  return of.all() || (r.id.stream() == of.stream && r.topic == of.topic);
}

}  // namespace

void fetched_neighbours::begin_round(std::vector<neighbour_ask> asks) {
  areas_.clear();
  waits_ = false;
  asks_ = std::move(asks);
  // As if there were nothing else: each source draws the limits in, to what it is known to have
  // given in full.
  for (const neighbour_ask& a : asks_) areas_[a.of].known.push_back({ulid_min, ulid_max});
}

void fetched_neighbours::learn(const std::vector<batch>& records) {
  std::map<neighbourhood, std::set<ulid>> theirs;
  const bool all = !asks_.empty() && asks_.front().of.all();
  for (const batch& b : records) {
    b.for_each([&](const record_view& r) {
      const neighbourhood of =
          all ? neighbourhood{} : neighbourhood{std::string(r.topic), r.id.stream()};
      const auto at = areas_.find(of);
      if (at == areas_.end() || !belongs(of, r)) return;
      theirs[of].insert(r.id);
      at->second.records.try_emplace(
          r.id, record{std::string(r.topic), std::string(r.text), r.continuation});
    });
  }
  std::map<neighbourhood, std::size_t> number;
  for (const neighbour_ask& a : asks_) {
    interval& known = areas_[a.of].known[number[a.of]++];
    const std::set<ulid>& ids = theirs[a.of];
    // Its nearest so many are here: beyond the last of them it may hold others.
    auto up = ids.upper_bound(a.id);
    ulid high = a.id;
    std::uint32_t n = 0;
    for (; n < a.after && up != ids.end(); ++n) high = *up++;
    if (n == a.after) known.high = std::min(known.high, high);
    auto down = ids.lower_bound(a.id);
    ulid low = a.id;
    for (n = 0; n < a.before && down != ids.begin(); ++n) low = *--down;
    if (n == a.before) known.low = std::max(known.low, low);
  }
}

const fetched_neighbours::interval* fetched_neighbours::known_at(const neighbourhood& of,
                                                                 const ulid& id) const {
  const auto area_at = areas_.find(of);
  if (area_at == areas_.end()) return nullptr;
  const interval* widest = nullptr;
  for (const interval& i : area_at->second.known) {
    if (i.low <= id && id <= i.high && (!widest || widest->high < i.high)) widest = &i;
  }
  return widest;
}

std::optional<record_place> fetched_neighbours::next(const neighbourhood& of, const ulid& id) {
  const interval* const known = known_at(of, id);
  waits_ = known == nullptr;
  if (!known) return std::nullopt;
  const auto& records = areas_.at(of).records;
  const auto at = records.upper_bound(id);
  if (at != records.end() && at->first <= known->high) {
    if (at->first.ms() > id.ms() + reach_ms) return std::nullopt;
    return record_place{at->first};
  }
  waits_ = known->high.ms() <= id.ms() + reach_ms;
  return std::nullopt;
}

std::optional<record_place> fetched_neighbours::previous(const neighbourhood& of, const ulid& id) {
  const auto area_at = areas_.find(of);
  waits_ = true;
  if (area_at == areas_.end()) return std::nullopt;
  const interval* known = nullptr;
  for (const interval& i : area_at->second.known) {
    if (i.low <= id && id <= i.high && (!known || i.low < known->low)) known = &i;
  }
  if (!known) return std::nullopt;
  waits_ = false;
  const std::uint64_t least = id.ms() > reach_ms ? id.ms() - reach_ms : 0;
  const auto& records = area_at->second.records;
  const auto at = records.lower_bound(id);
  if (at != records.begin() && known->low <= std::prev(at)->first) {
    const ulid found = std::prev(at)->first;
    if (found.ms() < least) return std::nullopt;
    return record_place{found};
  }
  waits_ = known->low.ms() >= least && known->low != ulid_min;
  return std::nullopt;
}

std::optional<record_view> fetched_neighbours::view(const neighbourhood& of,
                                                    const record_place& at) {
  const auto area_at = areas_.find(of);
  if (area_at == areas_.end()) return std::nullopt;
  const auto found = area_at->second.records.find(at.id);
  if (found == area_at->second.records.end()) return std::nullopt;
  const record& r = found->second;
  return record_view{at.id, r.topic, r.text, r.continuation};
}

bool give_neighbours(neighbour_finder& finder, const std::vector<neighbour_ask>& asks,
                     std::size_t bytes_max, std::vector<batch>& out) {
  std::set<std::pair<neighbourhood, ulid>> given;
  std::size_t bytes = 0;
  const auto give = [&](const neighbourhood& of, const record_place& at) {
    if (!given.insert({of, at.id}).second) return;
    const auto r = finder.view(of, at);
    if (!r) return;
    if (out.empty() || out.back().bytes() >= batch_bytes) out.emplace_back();
    out.back().add(*r);
    bytes += r->text.size() + sizeof(ulid);
  };
  for (const neighbour_ask& a : asks) {
    ulid from = a.id;
    for (std::uint32_t n = 0; n < a.before && bytes < bytes_max; ++n) {
      const auto place = finder.previous(a.of, from);
      if (!place) break;
      give(a.of, *place);
      from = place->id;
    }
    from = a.id;
    for (std::uint32_t n = 0; n < a.after && bytes < bytes_max; ++n) {
      const auto place = finder.next(a.of, from);
      if (!place) break;
      give(a.of, *place);
      from = place->id;
    }
    if (bytes >= bytes_max) return false;
  }
  return true;
}

}  // namespace oklog
