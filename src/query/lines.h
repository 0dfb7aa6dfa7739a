// The lines of a text that are each ended by LF: where the one that holds a given byte begins and
// ends, without a look at others.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace oklog {

// REQUIRES: some line begins at `from`, and from <= at.
inline std::size_t line_begin(std::string_view text, std::size_t from, std::size_t at) {
  const void* feed = memrchr(text.data() + from, '\n', at - from);
  return feed == nullptr
             ? from
             : static_cast<std::size_t>(static_cast<const char*>(feed) - text.data()) + 1;
}

// Where its LF is. REQUIRES: `at` lies in the text.
inline std::size_t line_end(std::string_view text, std::size_t at) {
  return text.find('\n', at);
}

}  // namespace oklog
