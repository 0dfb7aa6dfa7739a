// How a line looks to whoever reads us: on a terminal control characters are made safe, and what
// matches is coloured as grep colours it; in a pipe every byte comes out as it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/query/match_marker.h"

namespace oklog::cmd {

enum class color_choice { automatic, always, never };

// "auto", "always", "never".
std::optional<color_choice> parse_color(std::string_view text);
// Automatic: on a terminal that takes colours (TERM is not dumb), unless NO_COLOR is set.
bool wants_color(color_choice choice, bool terminal);

enum class line_part { name, id };

// Immutable and thread-safe.
class painter {
 public:
  struct options {
    bool safe = false;
    bool color = false;
    std::shared_ptr<const match_marker> marker;  // null: matches are not coloured
    bool mark_context = false;  // they are coloured in context lines (-invert), not in the others
  };
  painter() = default;
  explicit painter(options o) : options_(std::move(o)) {}

  // A line without its line feed.
  void line(std::string& out, std::string_view text, bool context) const;
  // What stands in front of a line, then a separator: ' ', ':', or '-' before context.
  void part(std::string& out, std::string_view text, line_part what) const;
  void separator(std::string& out, char c) const;
  // The line "--" between groups of lines.
  void gap(std::string& out) const;
  // Lines come out byte for byte, so that many can be copied at once.
  bool plain() const { return !options_.safe && (!options_.color || !options_.marker); }

 private:
  void colored(std::string& out, std::string_view text, std::string_view color) const;
  options options_;
};

}  // namespace oklog::cmd
