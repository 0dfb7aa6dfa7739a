// What a segment file holds, for people: `oklog segment FILE...`, with -verify every checksum.
#pragma once

#include <string>

#include "oklog/env/fs.h"

namespace oklog {

struct segment_description {
  std::string text;  // lines, each with its line feed
  bool sound =
      true;  // nothing was found wrong (only headers and indexes are read without `verify`)
};

// Reads the file at `path`, whatever its name says it is. Errors: corruption (no segment of ours),
// invalid (a newer version), io, not_found.
result<segment_description> describe_segment(env::filesystem& fs, const std::string& path,
                                             bool verify);

}  // namespace oklog
