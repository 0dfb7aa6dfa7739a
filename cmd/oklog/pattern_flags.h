// What `query` and `stream` have in common: what to look for, and how a line is shown.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/painter.h"
#include "oklog/http/url.h"
#include "oklog/query/matcher.h"

namespace oklog::cmd {

struct pattern_flags {
  std::vector<std::string> patterns;
  std::vector<std::string> topics;
  std::string output = "text";
  std::string color = "auto";
  bool regex = false;
  bool ignore_case = false;
  bool invert = false;

  bool json() const { return output == "json"; }
  match_options matching() const { return {regex, ignore_case, invert}; }
  // For the URL.
  void append_to(std::vector<http::parameter>& p) const;
};

void declare(flags& f, pattern_flags& p);
// Nothing where all is well; else the exit code, everything having been said.
std::optional<int> check(const flags& f, const pattern_flags& p);

// How lines look on our standard output. REQUIRES: check() said nothing.
painter make_painter(const pattern_flags& p);

}  // namespace oklog::cmd
