#include "cmd/oklog/painter.h"

#include <cstdlib>

namespace oklog::cmd {
namespace {

// grep's own colours, each with the erasure of the rest of the line that it writes too.
constexpr std::string_view match_on = "\x1b[01;31m\x1b[K";
constexpr std::string_view name_on = "\x1b[35m\x1b[K";
constexpr std::string_view id_on = "\x1b[32m\x1b[K";
constexpr std::string_view separator_on = "\x1b[36m\x1b[K";
constexpr std::string_view off = "\x1b[m\x1b[K";

void append_marked(std::string& out, std::string_view text, const std::vector<text_span>& marked) {
  std::size_t at = 0;
  for (const text_span& span : marked) {
    out.append(text, at, span.begin - at).append(match_on);
    out.append(text, span.begin, span.end - span.begin).append(off);
    at = span.end;
  }
  out.append(text, at);
}

}  // namespace

std::optional<color_choice> parse_color(std::string_view text) {
  if (text == "auto") return color_choice::automatic;
  if (text == "always") return color_choice::always;
  if (text == "never") return color_choice::never;
  return std::nullopt;
}

bool wants_color(color_choice choice, bool terminal) {
  if (choice != color_choice::automatic) return choice == color_choice::always;
  const char* const no = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  const bool refused = no != nullptr && *no != '\0';
  return terminal && !refused && term != nullptr && std::string_view(term) != "dumb";
}

void painter::line(std::string& out, std::string_view text, bool context) const {
  std::vector<text_span> marked;
  if (options_.color && options_.marker && context == options_.mark_context) {
    options_.marker->find(text, marked);
  }
  if (options_.safe) {
    append_printable(out, text, marked, match_on, off);
  } else {
    append_marked(out, text, marked);
  }
}

void painter::colored(std::string& out, std::string_view text, std::string_view color) const {
  if (!options_.color) {
    out.append(text);
    return;
  }
  out.append(color).append(text).append(off);
}

void painter::part(std::string& out, std::string_view text, line_part what) const {
  const std::string shown = options_.safe ? printable(text) : std::string(text);
  colored(out, shown, what == line_part::name ? name_on : id_on);
}

void painter::separator(std::string& out, char c) const {
  if (c == ' ') {
    out += ' ';
  } else {
    colored(out, {&c, 1}, separator_on);
  }
}

void painter::gap(std::string& out) const {
  colored(out, "--", separator_on);
  out += '\n';
}

}  // namespace oklog::cmd
