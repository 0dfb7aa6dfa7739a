#include "oklog/grep/rotated_names.h"

#include <algorithm>
#include <string_view>

namespace oklog::grep {
namespace {

constexpr std::size_t date_digits_min = 6;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// The number that begins `text`, without its leading zeros.
std::string_view number_of(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && digit(text[n])) ++n;
  std::string_view number = text.substr(0, n);
  while (number.size() > 1 && number[0] == '0') number.remove_prefix(1);
  return number;
}

// Numbers by value, everything else by bytes.
int compare_naturally(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (digit(a[0]) && digit(b[0])) {
      const std::string_view x = number_of(a);
      const std::string_view y = number_of(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int order = x.compare(y); order != 0) return order;
      a.remove_prefix(static_cast<std::size_t>(x.data() + x.size() - a.data()));
      b.remove_prefix(static_cast<std::size_t>(y.data() + y.size() - b.data()));
    } else {
      if (a[0] != b[0]) return a[0] < b[0] ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() == b.empty()) return 0;
  return a.empty() ? -1 : 1;
}

struct parts {
  enum class kind { date, number, current };
  std::string_view set;  // "app.log"
  kind is = kind::current;
  std::string_view mark;  // "20261120", "2"
};

parts parts_of(std::string_view path) {
  for (const std::string_view packed : {".gz", ".zst", ".zstd"}) {
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  }
  std::size_t begin = path.size();
  while (begin > 0 && (digit(path[begin - 1]) || path[begin - 1] == '-')) --begin;
  while (begin < path.size() && path[begin] == '-') ++begin;
  const bool marked = begin > 0 && begin < path.size();
  if (!marked || (path[begin - 1] != '.' && path[begin - 1] != '-'))
    return {path, parts::kind::current, {}};
  const std::string_view mark = path.substr(begin);
  std::string_view set = path.substr(0, begin);
  while (set.ends_with('-')) set.remove_suffix(1);
  if (set.ends_with('.')) set.remove_suffix(1);
  const auto is = mark.size() >= date_digits_min ? parts::kind::date : parts::kind::number;
  if (set.empty() || set.ends_with('/')) return {path, parts::kind::current, {}};
  return {set, is, mark};
}

bool older(const std::string& a, const std::string& b) {
  const parts x = parts_of(a);
  const parts y = parts_of(b);
  if (const int order = compare_naturally(x.set, y.set); order != 0) return order < 0;
  if (x.is != y.is) return x.is < y.is;
  const int order = compare_naturally(x.mark, y.mark);
  if (order != 0) return x.is == parts::kind::number ? order > 0 : order < 0;
  return a < b;
}

}  // namespace

void sort_rotated(std::vector<std::string>& paths) {
  std::sort(paths.begin(), paths.end(), older);
}

}  // namespace oklog::grep
