// A member of the cluster, as the others know it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"
#include "oklog/base/time.h"
#include "oklog/base/ulid.h"
#include "oklog/cluster/address.h"

namespace oklog::cluster {

enum class role : std::uint8_t { ingest = 1, store = 2, ingeststore = 3 };
std::string_view name(role r);
constexpr bool has_ingest(role r) {
  return (static_cast<unsigned>(r) & 1) != 0;
}
constexpr bool has_store(role r) {
  return (static_cast<unsigned>(r) & 2) != 0;
}

enum class state : std::uint8_t { alive, suspect, dead, left };
std::string_view name(state s);

inline constexpr std::size_t version_bytes_max = 32;
inline constexpr std::size_t extra_bytes_max = 128;
inline constexpr std::uint8_t free_unknown = 0xff;

// What a member says of itself; only its owner changes it, by a higher incarnation. API and gossip
// share one IP, so that nobody can send others elsewhere.
struct member_data {
  cluster::role role = cluster::role::ingeststore;
  address gossip;
  std::uint16_t api_port = 0;
  std::uint8_t replication_factor = 1;
  std::uint8_t free_sixteenths = free_unknown;  // of its disk: 0 (full) to 16
  bool kept_records = false;  // said when it leaves: records stay behind that others may not have
  std::uint64_t starts = 0;   // of its data directory (rule K16)
  std::string version;        // of oklog
  std::string extra;          // what newer versions add: carried along unread
  friend bool operator==(const member_data&, const member_data&) = default;

  address api() const { return {gossip.ip, api_port}; }
};

// As shown to people and used by the services. The ids of stores and ingesters are kept in their
// data directory; an ingeststore goes by its store's.
struct member {
  ulid id;
  member_data data;
  cluster::state state = cluster::state::alive;
  std::uint64_t incarnation = 0;
  boot_time since{};       // of the state, by our clock
  duration round_trip{};   // smoothed; 0: not measured
  std::uint8_t flaps = 0;  // how often it came back from the dead without a restart
  std::uint8_t score = 0;  // of its own health, as it last told us: 0 is well
};

}  // namespace oklog::cluster
