#include "oklog/segment/names.h"

#include <charconv>
#include <chrono>

namespace oklog {
namespace {

bool take(std::string_view& rest, std::string_view literal) {
  if (!rest.starts_with(literal)) return false;
  rest.remove_prefix(literal.size());
  return true;
}

// From `least` to `most` decimal digits, as many as there are.
template <class Int>
bool take_number(std::string_view& rest, std::size_t least, std::size_t most, Int& value) {
  std::size_t n = 0;
  while (n < rest.size() && n < most && rest[n] >= '0' && rest[n] <= '9') ++n;
  if (n < least) return false;
  const auto [end, failed] = std::from_chars(rest.data(), rest.data() + n, value);
  if (failed != std::errc{}) return false;
  rest.remove_prefix(n);
  return true;
}

// 26 characters in the canonical upper case: one name for one id.
bool take_id(std::string_view& rest, std::string& id) {
  const std::string_view text = rest.substr(0, ulid::text_size);
  const auto parsed = parse_ulid(text);
  if (!parsed || format(*parsed) != text) return false;
  id = text;
  rest.remove_prefix(ulid::text_size);
  return true;
}

std::string digits(std::uint64_t value, std::size_t width) {
  const std::string s = std::to_string(value);
  return s.size() < width ? std::string(width - s.size(), '0') + s : s;
}

bool take_window(std::string_view& rest, std::uint64_t& window) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  const bool read = take_number(rest, 4, 5, year) && take(rest, "-") &&
                    take_number(rest, 2, 2, month) && take(rest, "-") &&
                    take_number(rest, 2, 2, day) && take(rest, "T") &&
                    take_number(rest, 2, 2, hour) && take(rest, "Z");
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!read || !date.ok() || hour > 23 || year < 1970) return false;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  window = static_cast<std::uint64_t>(days) * 24 + hour;
  return true;
}

}  // namespace

std::string_view name(segment_state state) {
  switch (state) {
    case segment_state::active:
      return "active";
    case segment_state::flushed:
      return "flushed";
    case segment_state::pending:
      return "pending";
    case segment_state::trashed:
      return "trashed";
    case segment_state::released:
      return "released";
  }
  return "?";
}

std::string format(const ingest_name& n) {
  return n.id + "." + std::string(name(n.state));
}

std::optional<ingest_name> parse_ingest_name(std::string_view file_name) {
  ingest_name n;
  if (!take_id(file_name, n.id)) return std::nullopt;
  for (const auto s : {segment_state::active, segment_state::flushed, segment_state::pending}) {
    n.state = s;
    if (file_name == "." + std::string(name(s))) return n;
  }
  return std::nullopt;
}

std::string format(const partition& p) {
  const std::chrono::sys_days day{std::chrono::days(static_cast<std::int64_t>(p.window / 24))};
  const std::chrono::year_month_day date{day};
  return digits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + "-" +
         digits(static_cast<unsigned>(date.month()), 2) + "-" +
         digits(static_cast<unsigned>(date.day()), 2) + "T" + digits(p.window % 24, 2) + "Z-s" +
         digits(p.shard, 3);
}

std::string format(const store_name& n) {
  std::string s = format(n.partition) + "-" + n.id + ".";
  if (n.in_trash()) s += "flushed." + std::to_string(n.trashed_ms) + ".";
  return s + std::string(name(n.state));
}

std::optional<store_name> parse_store_name(std::string_view file_name) {
  store_name n;
  std::string_view rest = file_name;
  if (!take_window(rest, n.partition.window) || !take(rest, "-s") ||
      !take_number(rest, 3, 10, n.partition.shard) || !take(rest, "-") || !take_id(rest, n.id)) {
    return std::nullopt;
  }
  if (rest == ".active") {
    n.state = segment_state::active;
  } else if (rest == ".flushed") {
    n.state = segment_state::flushed;
  } else if (take(rest, ".flushed.") && take_number(rest, 1, 19, n.trashed_ms) &&
             (rest == ".trashed" || rest == ".released")) {
    n.state = rest == ".trashed" ? segment_state::trashed : segment_state::released;
  } else {
    return std::nullopt;
  }
  // One name for one meaning: no leading zeros beyond the grammar's.
  if (format(n) != file_name) return std::nullopt;
  return n;
}

}  // namespace oklog
