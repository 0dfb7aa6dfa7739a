#include "oklog/base/time.h"

#include <array>
#include <cstdio>
#include <optional>

namespace oklog {
namespace {

using namespace std::chrono;

struct unit {
  std::string_view name;
  std::int64_t ns;
};
// Longer names first, so that "ms" is not read as "m" and a stray "s".
constexpr std::array<unit, 9> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"\xC2\xB5s", 1'000},
                                     {"\xCE\xBCs", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000},
                                     {"d", 86'400'000'000'000}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

error bad_duration(std::string_view text) {
  return fail(errc::invalid,
              "\"" + std::string(text) + "\" is not a duration such as 90s, 5m, 1h30m");
}

// Reads digits from the front of s; nothing where there are none or they overflow.
std::optional<std::int64_t> take_number(std::string_view& s) {
  if (s.empty() || !is_digit(s.front())) return std::nullopt;
  std::int64_t n = 0;
  while (!s.empty() && is_digit(s.front())) {
    if (__builtin_mul_overflow(n, std::int64_t{10}, &n)) return std::nullopt;
    if (__builtin_add_overflow(n, std::int64_t{s.front() - '0'}, &n)) return std::nullopt;
    s.remove_prefix(1);
  }
  return n;
}

// Exactly `width` digits.
std::optional<int> take_fixed(std::string_view& s, std::size_t width) {
  if (s.size() < width) return std::nullopt;
  int n = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!is_digit(s[i])) return std::nullopt;
    n = n * 10 + (s[i] - '0');
  }
  s.remove_prefix(width);
  return n;
}

bool take_char(std::string_view& s, char a, char b) {
  if (s.empty() || (s.front() != a && s.front() != b)) return false;
  s.remove_prefix(1);
  return true;
}

// The digits after a point, as nanoseconds of one second; further digits than nine are dropped.
std::optional<std::int64_t> take_fraction(std::string_view& s) {
  std::int64_t ns = 0;
  std::int64_t scale = 100'000'000;
  if (s.empty() || !is_digit(s.front())) return std::nullopt;
  while (!s.empty() && is_digit(s.front())) {
    ns += (s.front() - '0') * scale;
    scale /= 10;
    s.remove_prefix(1);
  }
  return ns;
}

std::optional<seconds> take_zone(std::string_view& s) {
  if (take_char(s, 'Z', 'z')) return seconds(0);
  if (s.empty() || (s.front() != '+' && s.front() != '-')) return std::nullopt;
  const int sign = s.front() == '-' ? -1 : 1;
  s.remove_prefix(1);
  auto h = take_fixed(s, 2);
  if (!h || !take_char(s, ':', ':')) return std::nullopt;
  auto m = take_fixed(s, 2);
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  return seconds(sign * (*h * 3600 + *m * 60));
}

std::optional<sys_days> take_date(std::string_view& s) {
  auto y = take_fixed(s, 4);
  if (!y || !take_char(s, '-', '-')) return std::nullopt;
  auto mo = take_fixed(s, 2);
  if (!mo || !take_char(s, '-', '-')) return std::nullopt;
  auto d = take_fixed(s, 2);
  if (!d) return std::nullopt;
  const year_month_day ymd{year(*y), month(static_cast<unsigned>(*mo)),
                           day(static_cast<unsigned>(*d))};
  // The range that nanoseconds since 1970 can hold, and that a ULID can.
  if (!ymd.ok() || *y < 1970 || *y > 2261) return std::nullopt;
  return sys_days(ymd);
}

std::optional<wall_time> read_rfc3339(std::string_view s) {
  auto days = take_date(s);
  if (!days || !take_char(s, 'T', 't')) return std::nullopt;
  auto h = take_fixed(s, 2);
  if (!h || !take_char(s, ':', ':')) return std::nullopt;
  auto m = take_fixed(s, 2);
  if (!m || !take_char(s, ':', ':')) return std::nullopt;
  auto sec = take_fixed(s, 2);
  if (!sec || *h > 23 || *m > 59 || *sec > 60) return std::nullopt;
  std::int64_t ns = 0;
  if (take_char(s, '.', ',')) {
    auto fraction = take_fraction(s);
    if (!fraction) return std::nullopt;
    ns = *fraction;
  }
  auto zone = take_zone(s);
  if (!zone || !s.empty()) return std::nullopt;
  return wall_time(*days) + hours(*h) + minutes(*m) + seconds(*sec) + nanoseconds(ns) - *zone;
}

// n nanoseconds as a decimal of `unit_ns`, without trailing zeros.
std::string decimal(std::uint64_t n, std::uint64_t unit_ns) {
  std::string s = std::to_string(n / unit_ns);
  std::uint64_t rest = n % unit_ns;
  if (rest == 0) return s;
  s += '.';
  for (std::uint64_t scale = unit_ns / 10; rest != 0; scale /= 10) {
    s += static_cast<char>('0' + rest / scale);
    rest %= scale;
  }
  return s;
}

}  // namespace

result<duration> parse_duration(std::string_view text) {
  std::string_view s = text;
  bool negative = false;
  if (!s.empty() && (s.front() == '-' || s.front() == '+')) {
    negative = s.front() == '-';
    s.remove_prefix(1);
  }
  if (s == "0") return duration(0);
  if (s.empty()) return bad_duration(text);
  std::int64_t total = 0;
  while (!s.empty()) {
    std::int64_t whole = 0;
    bool any = false;
    if (is_digit(s.front())) {
      auto n = take_number(s);
      if (!n) return bad_duration(text);
      whole = *n;
      any = true;
    }
    std::int64_t fraction = 0;
    if (take_char(s, '.', '.')) {
      if (auto f = take_fraction(s)) {
        fraction = *f;
      } else if (!any) {
        return bad_duration(text);
      }
    } else if (!any) {
      return bad_duration(text);
    }
    const unit* found = nullptr;
    for (const unit& u : units) {
      if (s.starts_with(u.name)) {
        found = &u;
        break;
      }
    }
    if (!found) return bad_duration(text);
    s.remove_prefix(found->name.size());
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(whole, found->ns, &ns)) return bad_duration(text);
    ns += static_cast<std::int64_t>(
        static_cast<double>(fraction) * 1e-9 * static_cast<double>(found->ns) + 0.5);
    if (__builtin_add_overflow(total, ns, &total)) return bad_duration(text);
  }
  return duration(negative ? -total : total);
}

std::string format_duration(duration d) {
  const bool negative = d.count() < 0;
  const auto n =
      negative ? 0 - static_cast<std::uint64_t>(d.count()) : static_cast<std::uint64_t>(d.count());
  std::string s;
  if (n == 0) return "0s";
  if (n < 1'000) {
    s = decimal(n, 1) + "ns";
  } else if (n < 1'000'000) {
    s = decimal(n, 1'000) + "\xC2\xB5s";
  } else if (n < 1'000'000'000) {
    s = decimal(n, 1'000'000) + "ms";
  } else {
    const std::uint64_t total_minutes = n / 60'000'000'000;
    if (total_minutes >= 60) s = std::to_string(total_minutes / 60) + "h";
    if (total_minutes > 0) s += std::to_string(total_minutes % 60) + "m";
    s += decimal(n % 60'000'000'000, 1'000'000'000) + "s";
  }
  return negative ? "-" + s : s;
}

result<wall_time> parse_rfc3339(std::string_view text) {
  if (auto t = read_rfc3339(text)) return *t;
  return fail(errc::invalid,
              "\"" + std::string(text) + "\" is not a time such as 2026-11-20T20:46:46Z");
}

std::string format_rfc3339(wall_time t) {
  const auto whole = floor<seconds>(t);
  const auto days = floor<std::chrono::days>(whole);
  const year_month_day ymd(days);
  const hh_mm_ss<seconds> clock(whole - days);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int(ymd.year()),
                unsigned(ymd.month()), unsigned(ymd.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  std::string s = buffer.data();
  const auto ns = static_cast<std::uint64_t>((t - whole).count());
  if (ns != 0) s += decimal(ns, 1'000'000'000).substr(1);
  return s + "Z";
}

}  // namespace oklog
