// The files in a data directory's quarantine/, and which of them are compared: known to hold
// nothing that is not also in live segments. Their names stand in compared.json beside quarantine/,
// and so do those of which something may be lost for good, which nothing but a person's hand makes
// up for: {"compared":[...],"lost":[...]}.
#pragma once

#include <string>
#include <vector>

#include "oklog/env/fs.h"

namespace oklog {

inline constexpr const char* compared_name = "compared.json";

struct quarantine_count {
  std::size_t uncompared = 0;  // nobody knows what answers lack because of them (K20)
  std::size_t compared = 0;
};

// Error: io, where it cannot be listed. A compared.json that cannot be read names nothing.
result<quarantine_count> count_quarantined(env::filesystem& fs, const std::string& dir);

// Adds `names` to what is compared; names that do not lie in quarantine/ any more are dropped.
// Success: on disk.
result<> mark_compared(env::filesystem& fs, const std::string& dir,
                       const std::vector<std::string>& names);
// All that lie there now, but those of which something may be lost.
result<> mark_all_compared(env::filesystem& fs, const std::string& dir);
// All that lie there now and are not compared may have held the only copy.
result<> mark_rest_lost(env::filesystem& fs, const std::string& dir);

}  // namespace oklog
