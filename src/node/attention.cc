#include "node/attention.h"

#include <algorithm>

namespace oklog::node {
namespace {

using sentence_list = std::vector<std::string>;

std::string number(std::uint64_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string in_words(duration d) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(d).count();
  if (minutes < 120) return number(static_cast<std::uint64_t>(minutes), "minute", "minutes");
  return number(static_cast<std::uint64_t>(minutes / 60), "hour", "hours");
}

void add_store(const api::store_status& s, sentence_list& out) {
  if (!s.consuming) {
    out.push_back("nothing is consumed: " + number(s.stores_alive, "store is", "stores are") +
                  " alive, " + std::to_string(s.factor_in_force) +
                  " are wanted; ingesters keep what they take");
  }
  if (s.lone && s.factor_in_force > 1) {
    out.push_back("there is one copy of everything, " + std::to_string(s.factor_in_force) +
                  " are wanted: no other store has ever been known");
  }
  const bool counted = s.under_replicated > 0 && !s.lone;
  if (counted) {
    out.push_back(number(s.under_replicated, "partition has", "partitions have") +
                  " fewer copies than wanted" +
                  (s.oldest_under_replicated
                       ? ", the oldest of " + format_rfc3339(*s.oldest_under_replicated)
                       : ""));
  }
  if (s.quarantined > 0) {
    out.push_back(number(s.quarantined, "damaged file lies", "damaged files lie") +
                  " in the store's quarantine, and nobody knows yet what it held");
  }
  if (s.damaged > 0) {
    out.push_back(number(s.damaged, "segment", "segments") +
                  " cannot be read in full, and no other store has made it good yet");
  }
  if (s.draining && s.segments > 0) {
    out.push_back("the store is draining: " +
                  number(s.partitions, "partition is", "partitions are") + " left to let go of");
  } else if (s.draining) {
    out.emplace_back("the store is drained: it holds nothing, and may be stopped");
  }
}

void add_disks(const std::vector<api::disk_status>& disks, sentence_list& out) {
  for (const api::disk_status& d : disks) {
    if (!d.full_in || *d.full_in > full_soon || d.free <= d.reserve) continue;
    out.push_back("the disk of " + d.path + " will be full in " + in_words(*d.full_in) +
                  " at the present rate");
  }
}

}  // namespace

std::vector<std::string> attention_of(const api::node_status& s) {
  sentence_list out;
  if (!s.not_ready.empty()) out.push_back(s.not_ready);
  if (s.store) add_store(*s.store, out);
  add_disks(s.disks, out);
  if (s.members.suspect > 0) {
    out.push_back(number(s.members.suspect, "member does", "members do") + " not answer");
  }
  return out;
}

}  // namespace oklog::node
