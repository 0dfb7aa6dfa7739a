// Text that is safe to show: on a terminal, in an error message, in a log line.
//
// Control characters (C0, DEL, C1), bidirectional controls and line separators, with which a log
// line could forge others or drive the terminal, are shown as \xNN or \u{202e}; so are bytes that
// are not UTF-8. TAB and all other valid UTF-8 pass. A raw pipe needs none of this.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace oklog {

// One line, without its line feed: a CR at its end is left out, and so are colour sequences (SGR,
// ESC [ ... m).
void append_printable(std::string& out, std::string_view line);

// A part of a text: [begin, end), in bytes.
struct text_span {
  std::size_t begin;
  std::size_t end;
  friend bool operator==(const text_span&, const text_span&) = default;
};
// The same with `on` in front of each marked part and `off` behind it, moved to where a character
// or an escape ends. REQUIRES: the spans ascend and do not meet.
void append_printable(std::string& out, std::string_view line, const std::vector<text_span>& marked,
                      std::string_view on, std::string_view off);
std::string printable(std::string_view line);

// The beginning of somebody's input for an error message: everything that is not plain is shown
// escaped (colour sequences too), and "..." follows where it is longer than bytes_max.
std::string excerpt(std::string_view text, std::size_t bytes_max = 200);

}  // namespace oklog
