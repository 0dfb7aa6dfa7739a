// The files that `oklog query -files` names.
#pragma once

#include <string>
#include <vector>

#include "oklog/base/result.h"

namespace oklog::cmd {

struct named_file {
  enum class kind { plain, pipe, directory };
  std::string name;  // as people know it
  std::string path;  // with symbolic links resolved; empty: standard input
  kind is = kind::plain;
};

// One for each argument, in their order; a glob (*, ?, [) gives its matches, rotated sets oldest
// first, without directories. "-" is standard input. Error: invalid, for a name that is not there
// and a glob that matches nothing.
result<std::vector<named_file>> find_files(const std::vector<std::string>& arguments);

}  // namespace oklog::cmd
