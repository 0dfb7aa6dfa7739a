#include "oklog/record/topic.h"

#include <array>

namespace oklog {
namespace {

constexpr std::array<bool, 256> make_topic_bytes() {
  std::array<bool, 256> ok{};
  for (std::size_t c = '0'; c <= '9'; ++c) ok[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) ok[c] = ok[c - 'A' + 'a'] = true;
  ok['_'] = ok['-'] = true;
  return ok;
}
constexpr auto topic_bytes = make_topic_bytes();

}  // namespace

bool valid_topic(std::string_view name) {
  if (name.empty() || name.size() > topic_bytes_max) return false;
  if (name.front() == '_' || name.front() == '-') return false;
  for (const char c : name) {
    if (!topic_bytes[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

topic_split split_topic(std::string_view line) {
  // A first word that is longer is no topic name, however long the line.
  const std::size_t space = line.substr(0, topic_bytes_max + 1).find(' ');
  const std::string_view word = line.substr(0, space);
  if (!valid_topic(word)) return {{}, line};
  if (space == std::string_view::npos) return {word, {}};
  return {word, line.substr(space + 1)};
}

}  // namespace oklog
