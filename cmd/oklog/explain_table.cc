// The table of -explain:
//
//   blocks          4,096  considered, in 17 segments of 1 node
//    ├ by time      1,024  skipped  ██████
//    ├ by topic         0  skipped
//    ├ by filter    3,070  skipped  ██████████████████
//    ├ counted          0  from the index alone
//    └ read             2           ▏
//   bytes        50.2 KiB  of blocks, 1.1 MiB of filters; 512 KiB of text of 1.0 GiB
//   time           1.2 ms  plan 0.8, read 0.1, decode 0.2, search 0.1, merge 0.0 ms of all threads
//   records            12  coverage full
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cmd/oklog/query_explain.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string short_bytes(double n) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (n >= 1024 && unit + 1 < std::size(units)) {
    n /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
  return text.data();
}

std::string ms_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", seconds * 1000);
  return text.data();
}

// A share of 40 columns.
std::string part_bar(std::uint64_t part, std::uint64_t whole) {
  if (part == 0 || whole == 0) return {};
  const double columns = 40.0 * static_cast<double>(part) / static_cast<double>(whole);
  const auto full = static_cast<std::size_t>(std::lround(columns));
  std::string out = "  ";
  for (std::size_t i = 0; i < full; ++i) out += "█";
  return full > 0 ? out : out + "▏";
}

// Numbers of a summary that somebody sent us: what is missing or no number is 0.
class numbers {
 public:
  explicit numbers(const nlohmann::json& of) : of_(of) {}
  double real(const char* part, const char* name) const {
    const nlohmann::json* at = &of_;
    if (part != nullptr) at = at->contains(part) ? &(*at)[part] : nullptr;
    if (at == nullptr || !at->is_object() || !at->contains(name)) return 0;
    const nlohmann::json& n = (*at)[name];
    const double value = n.is_number() ? n.get<double>() : 0;
    return value >= 0 && value < 1e18 ? value : 0;
  }
  std::uint64_t whole(const char* part, const char* name) const {
    return static_cast<std::uint64_t>(real(part, name));
  }

 private:
  const nlohmann::json& of_;
};

std::string row(std::string label, const std::string& value, const std::string& rest) {
  const auto wide = static_cast<std::size_t>(
      std::count_if(label.begin(), label.end(), [](char c) { return (c & 0xc0) != 0x80; }));
  label.append(14 - std::min<std::size_t>(14, wide), ' ');
  const std::string padded = std::string(11 - std::min<std::size_t>(11, value.size()), ' ') + value;
  std::string line = label + padded + "  " + rest;
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

std::string blocks_part(const numbers& n) {
  struct kind {
    const char* label;
    const char* name;
    const char* fate;
  };
  constexpr kind kinds[] = {{" ├ by time", "skipped_by_time", "skipped"},
                            {" ├ by topic", "skipped_by_topic", "skipped"},
                            {" ├ by filter", "skipped_by_filter", "skipped"},
                            {" ├ counted", "counted_from_index", "by index"},
                            {" └ read", "read", "       "}};
  const std::uint64_t all = n.whole("blocks", "considered");
  std::string out = row("blocks", grouped(all),
                        "considered, in " + grouped(n.whole(nullptr, "segments")) +
                            " segment(s) of " + grouped(n.whole(nullptr, "nodes")) + " node(s)");
  for (const kind& k : kinds) {
    const std::uint64_t part = n.whole("blocks", k.name);
    out += row(k.label, grouped(part), k.fate + part_bar(std::min(part, all), all));
  }
  return out;
}

}  // namespace

std::string explain_table(std::string_view summary, duration took) {
  const auto json = nlohmann::json::parse(summary, nullptr, false);
  if (!json.is_object()) return "the store did not say what the answer cost\n";
  const numbers n(json);
  std::string out = blocks_part(n);
  out += row("bytes", short_bytes(n.real("bytes", "blocks_read")),
             "of blocks and " + short_bytes(n.real("bytes", "filters_read")) + " of filters; " +
                 short_bytes(n.real("bytes", "text")) + " of text searched, of " +
                 short_bytes(n.real(nullptr, "data_set_bytes")));
  std::string stages;
  for (const char* stage : {"plan", "read", "decode", "search", "merge"}) {
    stages +=
        (stages.empty() ? "" : ", ") + std::string(stage) + " " + ms_text(n.real("seconds", stage));
  }
  const double seconds = std::chrono::duration<double>(took).count();
  out += row("time", ms_text(seconds) + " ms", "of all threads: " + stages + " ms");
  const bool has_state = json.contains("coverage") && json["coverage"].is_string();
  const std::string state = has_state ? json["coverage"].get<std::string>() : "?";
  return out + row("records", grouped(n.whole(nullptr, "records")),
                   "coverage " + excerpt(state) + ", " + grouped(n.whole(nullptr, "errors")) +
                       " error(s)");
}

}  // namespace oklog::cmd
