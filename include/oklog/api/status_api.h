// What a node says of itself, for people and for the page: GET /-/status, JSON.
//
//   {"node":ULID,"role":"ingeststore","version":"...","now":RFC 3339,"up_s":N,
//    "ready":true,"reason":"",                      why it is not ready
//    "members":{"alive":N,"suspect":N,"dead":N,"left_with_records":N,"missing":[ULID ...]},
//    "answers":{"coverage":"full", "degraded" or "partial","missing":["a sentence", ...]},
//                                                   what one about everything would cover now;
//                                                   null: it has no store, and gives none
//    "disks":[{"path":"...","total":bytes,"free":bytes,"reserve":bytes,"full_in_s":N or null}],
//    "ingest":null or {"segments":N,"bytes":N,"pending":N,"oldest":RFC 3339 or null},
//    "store":null or {"segments":N,"bytes":N,"partitions":N,"records":N,
//       "oldest":RFC 3339 or null,"newest":...,          of its windows
//       "trash_bytes":N,"quarantined":N,"damaged":N,
//       "factor":N,                                 that it is set to
//       "factor_in_force":N,"stores_alive":N,"consuming":true,"lone":false,
//       "known_partitions":N,                       of all stores
//       "under_replicated":N,"oldest_under_replicated":RFC 3339 or null,
//       "draining":false},
//    "attention":["a sentence", ...]}               what wants somebody's attention; empty: all is
//                                                   well as far as this node sees
//
// Numbers are exact. Times of partitions are the beginning of their hour.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/http/router.h"
#include "oklog/query/coverage.h"

namespace oklog::api {

struct disk_status {
  std::string path;
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t reserve = 0;
  std::optional<duration> full_in;
};

struct ingest_status {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pending = 0;
  std::optional<wall_time> oldest;
};

struct store_status {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t partitions = 0;
  std::uint64_t records = 0;
  std::optional<wall_time> oldest;
  std::optional<wall_time> newest;
  std::uint64_t trash_bytes = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t damaged = 0;
  unsigned factor = 1;
  unsigned factor_in_force = 1;
  unsigned stores_alive = 1;
  bool consuming = true;
  bool lone = false;
  std::uint64_t known_partitions = 0;
  std::uint64_t under_replicated = 0;
  std::optional<wall_time> oldest_under_replicated;
  bool draining = false;
};

struct member_counts {
  std::uint64_t alive = 0;
  std::uint64_t suspect = 0;
  std::uint64_t dead = 0;
  std::uint64_t left_with_records = 0;
  std::vector<std::string> missing;  // at most missing_names_max of those that are not alive
};
inline constexpr std::size_t missing_names_max = 100;
inline constexpr std::size_t missing_sentences_max = 100;

struct node_status {
  std::string node;
  std::string role;
  std::string version;
  wall_time now;
  duration up{};
  std::string not_ready;
  std::optional<coverage> answers;
  member_counts members;
  std::vector<disk_status> disks;
  std::optional<ingest_status> ingest;
  std::optional<store_status> store;
  std::vector<std::string> attention;
};

std::string to_json(const node_status& s);

// `status` is called on the loop; it outlives the router.
void add_status_route(http::router& routes, std::function<node_status()> status);

}  // namespace oklog::api
