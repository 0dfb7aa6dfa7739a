#include "http/date.h"

#include <array>
#include <string_view>

namespace oklog::http {
namespace {

std::string two(unsigned n) {
  std::string out = std::to_string(n);
  return out.size() < 2 ? "0" + out : out;
}

}  // namespace

std::string format_date(wall_time t) {
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(t - day));
  std::string out(days[std::chrono::weekday(day).c_encoding()]);
  out += ", " + two(static_cast<unsigned>(date.day())) + " ";
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += " " + std::to_string(static_cast<int>(date.year())) + " ";
  out += two(static_cast<unsigned>(clock.hours().count())) + ":";
  out += two(static_cast<unsigned>(clock.minutes().count())) + ":";
  return out + two(static_cast<unsigned>(clock.seconds().count())) + " GMT";
}

}  // namespace oklog::http
