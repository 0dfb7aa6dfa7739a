// Topic names: [A-Za-z0-9][A-Za-z0-9_-]*, at most 128 bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace oklog {

inline constexpr std::size_t topic_bytes_max = 128;
inline constexpr std::string_view default_topic = "default";

bool valid_topic(std::string_view name);

// In dynamic mode a line "TOPIC rest" belongs to TOPIC and loses its first word and the one space
// behind it. `topic` is empty where the first word is no topic name; then `rest` is the whole line.
// A line that is one valid word alone is a topic with an empty line.
struct topic_split {
  std::string_view topic;
  std::string_view rest;
};
topic_split split_topic(std::string_view line);

}  // namespace oklog
