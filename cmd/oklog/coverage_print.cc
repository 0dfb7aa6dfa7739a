#include "cmd/oklog/coverage_print.h"

#include <string>

#include "cmd/oklog/query_request.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

void list(std::string text, const std::vector<std::string>& sentences) {
  text += ":";
  for (const std::string& s : sentences) text += "\n  " + printable(s);
  (void)complain(text);
}

}  // namespace

coverage_state state_named(std::string_view text) {
  for (const coverage_state s : {coverage_state::degraded, coverage_state::partial}) {
    if (text == name(s)) return s;
  }
  return coverage_state::full;
}

void say_coverage(const coverage& c) {
  if (!c.given_up.empty()) list("members were given up by hand", c.given_up);
  if (c.since) {
    (void)complain("records from before " + format_rfc3339(*c.since) + " are past their retention");
  }
  if (c.state == coverage_state::degraded) {
    list("the answer is complete, but not everybody gave one", c.missing);
  } else if (c.state == coverage_state::partial) {
    std::vector<std::string> missing = c.missing;
    if (missing.empty()) missing.emplace_back("the store does not say what is missing");
    list("the answer is partial, records may be missing", missing);
  }
}

}  // namespace oklog::cmd
