#include "oklog/store/placement.h"

#include <algorithm>
#include <utility>

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"

namespace oklog {

namespace {
constexpr std::uint64_t rendezvous_seed = 0x6f6b6c6f67;
}

std::uint64_t rendezvous_weight(const partition& where, const std::string& store_id) {
  std::string bytes;
  put_int(bytes, where.window);
  put_int(bytes, where.shard);
  bytes += store_id;
  return xxh3_64(bytes, rendezvous_seed);
}

std::vector<std::string> rank_stores(const partition& where, std::vector<std::string> store_ids) {
  std::vector<std::pair<std::uint64_t, std::string>> ranked;
  ranked.reserve(store_ids.size());
  for (std::string& id : store_ids) {
    const std::uint64_t weight = rendezvous_weight(where, id);
    ranked.emplace_back(weight, std::move(id));
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  store_ids.clear();
  for (auto& [weight, id] : ranked) store_ids.push_back(std::move(id));
  return store_ids;
}

std::vector<std::string> write_set(const partition& where, std::vector<std::string> accepting,
                                   unsigned factor) {
  std::vector<std::string> ranked = rank_stores(where, std::move(accepting));
  if (ranked.size() > factor) ranked.resize(factor);
  return ranked;
}

}  // namespace oklog
