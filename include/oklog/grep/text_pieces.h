// A text cut into pieces of whole lines, to be searched at the same time on several threads.
//
// The pieces of a plain file are only places in it, which those who search them read; so a file is
// read by all threads. What is packed is unpacked here, in order. Blocking; next() is called by one
// thread at a time, load() by any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/grep/text_source.h"

namespace oklog::grep {

inline constexpr std::size_t piece_bytes = 1024 * 1024;  // and up to the end of a line
// A line that goes on this far behind a piece's end is cut there, into lines of their own.
inline constexpr std::size_t line_rest_max = 16 * 1024 * 1024;

struct text_piece {
  std::string text;                 // unpacked; or, where there is a file,
  std::shared_ptr<env::file> file;  // a place in it
  std::uint64_t offset = 0;
  std::size_t size = 0;

  // Its lines, each with its line feed, also the last of a file that has none. `buffer` is used
  // again, and holds it. Errors: io; corruption where the file has become shorter.
  result<std::string_view> load(std::string& buffer) const;
};

class text_pieces {
 public:
  // Of a file; fails as reading it does.
  static result<text_pieces> open(std::unique_ptr<env::file> file);
  // Of what can be read once.
  static result<text_pieces> open(std::unique_ptr<byte_input> input);

  // The next one, never empty; nothing at the end. An error comes behind all that could be read.
  result<std::optional<text_piece>> next();
  // How often a line was too long for one piece.
  std::uint64_t lines_cut() const { return lines_cut_; }

 private:
  result<std::optional<text_piece>> next_place();
  result<std::optional<text_piece>> next_unpacked();
  result<std::uint64_t> line_end_behind(std::uint64_t offset);

  std::shared_ptr<env::file> plain_;
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
  std::unique_ptr<byte_input> packed_;
  std::string rest_;  // read, of the next piece
  bool ended_ = false;
  std::optional<error> failed_;
  std::uint64_t lines_cut_ = 0;
};

}  // namespace oklog::grep
