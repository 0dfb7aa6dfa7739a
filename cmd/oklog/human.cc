#include "cmd/oklog/human.h"

#include <algorithm>
#include <cstdio>

namespace oklog::cmd {
namespace {

std::string scaled(std::uint64_t n, const std::vector<const char*>& units) {
  double value = static_cast<double>(n);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  char text[48];
  const int digits = unit == 0 || value >= 99.95 ? 0 : 1;
  std::snprintf(text, sizeof text, "%.*f%s%s", digits, value, *units[unit] != '\0' ? " " : "",
                units[unit]);
  return text;
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  return scaled(bytes, {"B", "kB", "MB", "GB", "TB", "PB", "EB"});
}

std::string count_text(std::uint64_t n) {
  return scaled(n, {"", "k", "M", "G", "T", "P", "E"});
}

std::string age_text(std::int64_t s) {
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return std::to_string(s / 60) + "m" + std::to_string(s % 60) + "s";
  if (s < 86400) return std::to_string(s / 3600) + "h" + std::to_string(s % 3600 / 60) + "m";
  return std::to_string(s / 86400) + "d" + std::to_string(s % 86400 / 3600) + "h";
}

std::string bar(double share, std::size_t width) {
  const double inside = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
  // Something is something.
  const std::size_t full =
      share > 0 ? std::max<std::size_t>(1, static_cast<std::size_t>(inside)) : 0;
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] + 2 - row[i].size(), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace oklog::cmd
