// Numbers as people read them at a glance. What is exact stands in the JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace oklog::cmd {

std::string bytes_text(std::uint64_t bytes);  // "812 B", "1.4 GB": powers of 1000
std::string count_text(std::uint64_t n);      // "999", "12.3 k", "4.1 M"
std::string age_text(std::int64_t seconds);   // "42s", "3m5s", "7h12m", "12d4h"
// Of `width` characters, so much of which is full: "[####......]". `share` from 0 to 1.
std::string bar(double share, std::size_t width);

// Columns as wide as they need to be, two spaces apart; the last one ends where it ends.
std::string columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace oklog::cmd
