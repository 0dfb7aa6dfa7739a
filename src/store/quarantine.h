// How many files lie in a data directory's quarantine/.
#pragma once

#include <optional>
#include <string>

#include "oklog/env/fs.h"

namespace oklog {

// Nothing where it cannot be listed.
std::optional<std::size_t> count_quarantined(env::filesystem& fs, const std::string& dir);

}  // namespace oklog
