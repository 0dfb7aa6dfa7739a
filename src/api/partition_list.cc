#include "oklog/api/partition_list.h"

#include <algorithm>
#include <charconv>

namespace oklog::api {
namespace {

constexpr std::uint64_t window_max = ulid::ms_max / window_ms;

error bad_list() {
  return fail(errc::invalid,
              "parsing 'partitions': WINDOW.SHARD[.SHARD]..., joined by '-', was expected");
}

// Takes the piece up to the next `separator` off `text`.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return piece;
}

template <class Int>
bool parse_whole(std::string_view text, Int& out) {
  const auto [at, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
  return bad == std::errc() && at == text.data() + text.size();
}

}  // namespace

std::string format_partitions(const std::vector<partition>& list) {
  std::string text;
  std::uint64_t window = 0;
  for (const partition& p : list) {
    if (text.empty() || p.window != window) {
      if (!text.empty()) text += '-';
      text += std::to_string(p.window - window);
      window = p.window;
    }
    text += '.';
    text += std::to_string(p.shard);
  }
  return text;
}

result<std::vector<partition>> parse_partitions(std::string_view text) {
  std::vector<partition> list;
  std::uint64_t window = 0;
  if (text.empty() || text.back() == '-') return bad_list();
  while (!text.empty()) {
    std::string_view group = cut(text, '-');
    if (group.empty() || group.back() == '.') return bad_list();
    std::uint64_t ahead = 0;
    const bool good = parse_whole(cut(group, '.'), ahead) && ahead <= window_max - window;
    if (!good || group.empty()) return bad_list();
    window += ahead;
    while (!group.empty()) {
      partition p{window, 0};
      if (!parse_whole(cut(group, '.'), p.shard)) return bad_list();
      if (!list.empty() && !(list.back() < p)) return bad_list();
      if (list.size() == partitions_max) return fail(errc::invalid, "too many partitions");
      list.push_back(p);
    }
  }
  return list;
}

}  // namespace oklog::api
