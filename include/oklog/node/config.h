// What a node is told when it starts: the flags of ingest, store and ingeststore, checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/cluster/packet_guard.h"
#include "oklog/cluster/rules.h"
#include "oklog/env/address.h"
#include "oklog/env/net.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

enum class topic_mode { fixed, dynamic };

struct ingest_options {
  env::endpoint fast;
  env::endpoint durable;
  std::string path = "data/ingest";
  duration flush_age = std::chrono::seconds(3);
  std::uint64_t flush_bytes = 16 * 1024 * 1024;
  duration pending_timeout = std::chrono::minutes(1);
  std::string topic = "default";
  topic_mode mode = topic_mode::fixed;
  std::uint64_t max_line = 1024 * 1024;
};

struct store_options {
  store_config log;
  std::uint8_t replication_factor = 2;            // copies of what is consumed
  duration target_age = std::chrono::seconds(3);  // of the oldest claim when it is merged
  duration delay = std::chrono::milliseconds(100);
  duration repair_every = std::chrono::seconds(10);  // stores compare what they hold
  duration repair_after = std::chrono::minutes(10);  // a store's copies are made anew elsewhere
  // Between the yes of others and the end of a copy that is let go of (rule K13). More than a round
  // of catalogues may take (store_round.h), or an answer may lack what is in it.
  duration release_hold = std::chrono::minutes(2);
  std::uint64_t repair_bytes_per_second = 50ULL * 1024 * 1024;  // 0: any
  duration scrub_every = std::chrono::hours(7 * 24);            // 0: never
  std::uint64_t scrub_bytes_per_second = 5ULL * 1024 * 1024;    // 0: any
};

struct gossip_options {
  env::endpoint listen;             // UDP and TCP
  std::string advertise;            // host or host:port; empty: found out
  std::vector<env::address> peers;  // seeds
  std::string keyring;              // a file; empty: plain
  cluster::encrypt_mode encrypt = cluster::encrypt_mode::require;  // where there is a keyring
  cluster::rules rules;
};

struct config {
  bool ingest = false;
  bool store = false;
  env::endpoint api;
  std::vector<std::string> api_hosts;  // names that Host may have; empty: any
  std::string addr_file;               // where the addresses in use are written; empty: nowhere
  duration drain_timeout = std::chrono::seconds(10);
  std::uint64_t disk_reserve = 0;  // bytes kept free; 0: min(5 % of the disk, 1 GiB)
  gossip_options gossip;
  ingest_options in;
  store_options st;
};

// Limits that are not flags. Bytes unless said otherwise.
inline constexpr std::size_t connections_max = 4096;  // senders of lines, on both ports together
inline constexpr std::size_t stream_queue_max =
    4 * 1024 * 1024;                                 // matches that a client has not read
inline constexpr std::size_t streams_max = 256;      // clients of /store/stream
inline constexpr std::size_t queries_max = 64;       // at once; more are told 429
inline constexpr std::size_t query_parts_max = 256;  // halves of other nodes' queries
inline constexpr std::size_t stream_parts_max =
    1024;  // other nodes that follow this one's ingester

}  // namespace oklog::node
