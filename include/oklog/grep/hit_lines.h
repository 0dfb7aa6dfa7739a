// Which lines are shown for the matches of a text that comes in pieces: the matches, the lines
// around them, and where lines are left out between. A pure value.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/query/query.h"

namespace oklog::grep {

struct shown_line {
  std::string_view text;     // without its line feed
  std::uint64_t number = 0;  // from 1 in its file; 0 where numbers are not wanted
  bool context = false;      // it does not match
  bool after_gap = false;    // lines between it and the one shown before are left out
};

struct hit_lines_options {
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  std::uint64_t skip = 0;          // so many matches are treated as if they were none
  std::uint64_t limit = no_limit;  // of matches that are shown
  bool numbers = false;
};

class hit_lines {
 public:
  hit_lines(hit_lines_options options, std::function<void(const shown_line&)> show)
      : options_(options), show_(std::move(show)) {}

  // What follows is another text.
  void begin_file();
  // The next piece of it: whole lines, each with its line feed, and those of them that match.
  void feed(std::string_view text, const std::vector<line_hit>& hits);
  // Nothing more will be shown.
  bool done() const { return shown_ >= options_.limit && after_left_ == 0; }
  std::uint64_t shown() const { return shown_; }  // matches

 private:
  void show_hit(const line_hit& hit);
  void show_before(std::size_t hit_begin);
  void show_after(std::size_t end);
  void show(std::string_view text, std::uint64_t number, bool context);
  std::uint64_t number_of(std::size_t begin);
  void keep_tail();

  hit_lines_options options_;
  std::function<void(const shown_line&)> show_;
  std::uint64_t skipped_ = 0;
  std::uint64_t shown_ = 0;
  std::uint32_t after_left_ = 0;
  bool any_ = false;       // was shown
  bool left_out_ = false;  // lines between the last one shown and `tail_`
  // The last lines before the text, at most `before`, that were not shown, with their numbers.
  std::deque<std::pair<std::string, std::uint64_t>> tail_;
  std::string_view text_;
  std::size_t at_ = 0;       // of the text: what lies before is shown or left out
  std::uint64_t lines_ = 0;  // in the file, before `counted_`
  std::size_t counted_ = 0;
};

}  // namespace oklog::grep
