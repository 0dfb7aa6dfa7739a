// A member of the cluster, as the others know it. While nodes do not find each other yet, each
// knows itself alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace oklog::cluster {

enum class role { ingest, store, ingeststore };

constexpr std::string_view name(role r) {
  switch (r) {
    case role::ingest:
      return "ingest";
    case role::store:
      return "store";
    case role::ingeststore:
      return "ingeststore";
  }
  return "unknown";
}

struct member {
  std::string id;  // kept in the data directory
  cluster::role role = cluster::role::ingeststore;
  std::string api_ip;
  std::uint16_t api_port = 0;
};

}  // namespace oklog::cluster
