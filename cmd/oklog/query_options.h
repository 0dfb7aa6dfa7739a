// The flags of `oklog query`, and which of them mean something together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/pattern_flags.h"
#include "oklog/query/query.h"

namespace oklog::cmd {

struct query_options {
  std::string store = "localhost:7650";
  std::string from = "1h";
  std::string to = "now";
  pattern_flags pattern;
  std::optional<std::uint64_t> before;  // -B
  std::optional<std::uint64_t> after;   // -A
  std::optional<std::uint64_t> around;  // -C
  std::string context = "stream";
  std::optional<std::uint64_t> first;  // -m
  std::optional<std::uint64_t> last;   // -n
  std::string order = "asc";
  std::vector<std::string> files;
  std::vector<std::string> more_files;  // behind the flags
  bool count = false;
  bool follow = false;
  bool allow_partial = false;
  bool stats = false;
  bool nocopy = false;
  bool ulid = false;
  bool time = false;
  bool verbose = false;
  bool explain = false;

  context_lines context_wanted() const;
  bool descending() const { return order == "desc"; }
};

void declare(flags& f, query_options& o);
// Nothing where all is well; else the exit code, everything having been said.
std::optional<int> check(const flags& f, const query_options& o);

}  // namespace oklog::cmd
