#include <algorithm>
#include <optional>

#include "oklog/query/query.h"
#include "oklog/query/terminal.h"

namespace oklog {
namespace {

// A bound is a whole ULID or a millisecond.
struct bound {
  std::optional<ulid> id;
  std::uint64_t ms = 0;
};

std::uint64_t clamp_ms(std::int64_t ms) {
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)), ulid::ms_max);
}

std::uint64_t ms_ago(wall_time now, duration ago) {
  // In milliseconds: an age of 290 years would overflow the nanoseconds of a wall_time.
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(ago).count();
  return clamp_ms(unix_ms(now) - (age < 0 ? -age : age));
}

bool looks_like_ulid(std::string_view text) {
  return text.size() >= 20 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

// What a person most probably did wrong; empty where nothing is probable.
std::string hint(std::string_view text) {
  if (looks_like_ulid(text)) {
    const auto id = parse_ulid(text);
    return id ? "" : " (" + id.error().what + ")";
  }
  if (text.size() > 10 && text.find(' ') != std::string_view::npos) {
    return " (in a URL a + is written %2B)";
  }
  if (text.size() >= 20 && text[4] == '-') return " (of the years 1970 to 2261)";
  return "";
}

result<bound> parse_bound(std::string_view name, std::string_view text, wall_time now) {
  if (text == "now") return bound{std::nullopt, clamp_ms(unix_ms(now))};
  if (const auto id = parse_ulid(text)) return bound{*id, 0};
  if (const auto ago = parse_duration(text)) return bound{std::nullopt, ms_ago(now, *ago)};
  if (const auto time = parse_rfc3339(text)) return bound{std::nullopt, clamp_ms(unix_ms(*time))};
  return fail(errc::invalid, "parsing '" + std::string(name) + "': " + excerpt(text) +
                                 ": can't parse as ULID or RFC3339 time" + hint(text) +
                                 ", nor as a duration such as 5m, nor as now");
}

}  // namespace

result<ulid> parse_from(std::string_view text, wall_time now) {
  TRY_LET(const bound b, parse_bound("from", text, now));
  return b.id.value_or(ulid::lowest(b.ms));
}

result<ulid> parse_to(std::string_view text, wall_time now) {
  TRY_LET(const bound b, parse_bound("to", text, now));
  return b.id.value_or(ulid::highest(b.ms));
}

}  // namespace oklog
