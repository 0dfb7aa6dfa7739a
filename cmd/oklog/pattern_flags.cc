#include "cmd/oklog/pattern_flags.h"

#include <unistd.h>

#include "oklog/record/topic.h"

namespace oklog::cmd {

void pattern_flags::append_to(std::vector<http::parameter>& p) const {
  for (const std::string& q : patterns) p.push_back({"q", q});
  if (regex) p.push_back({"regex", "true"});
  if (ignore_case) p.push_back({"i", "true"});
  if (invert) p.push_back({"invert", "true"});
  for (const std::string& t : topics) p.push_back({"topic", t});
  if (json()) p.push_back({"format", "json"});
  p.push_back({"continuation", "mark"});
}

void declare(flags& f, pattern_flags& p) {
  f.add("q", p.patterns, "what to look for; any of them (repeatable)");
  f.add("regex", p.regex, "parse -q as regular expression (RE2)");
  f.add("i", p.ignore_case, "upper and lower case are the same");
  f.add("invert", p.invert, "the lines that do not match");
  f.add("topic", p.topics, "only lines of this topic (repeatable)");
  f.add("o", p.output,
        "text: the lines; raw: their bytes on a terminal too; json: ulid, time, topic, line");
  f.add("color", p.color, "color what matches: auto (on a terminal), always, never");
}

std::optional<int> check(const flags& f, const pattern_flags& p) {
  if (p.output != "text" && p.output != "json" && p.output != "raw") {
    return f.wrong("o", "must be text, json or raw");
  }
  if (!parse_color(p.color)) return f.wrong("color", "must be auto, always or never");
  for (const std::string& t : p.topics) {
    if (!valid_topic(t)) return f.wrong("topic", "topic name \"" + t + "\" invalid");
  }
  if (const auto m = matcher::make(p.patterns, p.matching()); !m) {
    return f.wrong("q", m.error().what);
  }
  return std::nullopt;
}

painter make_painter(const pattern_flags& p) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  painter::options look;
  look.safe = terminal && p.output != "raw";
  look.color = wants_color(*parse_color(p.color), terminal);
  look.mark_context = p.invert;
  if (look.color) {
    // What it cannot show stays without colour.
    if (auto marker = match_marker::make(p.patterns, p.matching())) {
      look.marker = std::make_shared<const match_marker>(std::move(*marker));
    }
  }
  return painter(std::move(look));
}

}  // namespace oklog::cmd
