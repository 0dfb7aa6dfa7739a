// Cuts a byte stream into lines, with a limit on the length of a line and on memory.
//
// Pulled: `while (splitter.next(bytes, piece)) use(piece);` after each read, `finish(piece)` at the
// stream's end. Whole lines come many at once and are not copied; only the last line, where it is
// not complete yet, is kept (at most the limit; nothing is allocated while none is kept).
//
// A line over the limit becomes records that follow each other, each of exactly the limit but the
// last; no byte is dropped or added, and none of them is empty. A CR is a byte like any other.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace oklog {

inline constexpr std::size_t line_bytes_max_default = 1024 * 1024;
inline constexpr std::size_t line_bytes_max_lowest = 1024;
// A record and its line feed must fit into a block that readers take.
inline constexpr std::size_t line_bytes_max_highest = 4 * 1024 * 1024 - 64 * 1024;

struct line_piece {
  enum class kind {
    lines,         // whole lines, each with its line feed, none over the limit
    record,        // one record without its line feed
    continuation,  // one record that goes on the one before
  };
  enum kind kind;
  std::string_view text;  // valid until the next call
};

class line_splitter {
 public:
  // REQUIRES: line_bytes_max > 0.
  explicit line_splitter(std::size_t line_bytes_max) : max_(line_bytes_max) {}

  // Takes the next piece off the front of `bytes`; false when all of them are used up.
  bool next(std::string_view& bytes, line_piece& out);
  // The stream has ended: true where a last line without a line feed was left.
  bool finish(line_piece& out);

  // Bytes of the line that is not complete yet.
  std::size_t held_bytes() const { return given_ ? 0 : held_.size(); }
  // The same bytes. Only the first line's, while nothing was given out yet, mean anything to
  // callers.
  std::string_view held() const { return given_ ? std::string_view{} : std::string_view(held_); }

 private:
  bool next_of_held_line(std::string_view& bytes, line_piece& out);
  void give(line_piece& out, std::string_view text);
  void forget_given();

  std::size_t max_;
  std::string held_;
  bool given_ = false;       // held_ was handed out and is free at the next call
  bool continuing_ = false;  // the head of the present line was handed out
};

}  // namespace oklog
