// The records in a node's files, read by the judge from their bytes alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oklog/base/ulid.h"
#include "oklog/segment/store_segment.h"

namespace oklog::history {

struct file_record {
  ulid id;
  std::string text;
};

// Nothing where the footer cannot be read; blocks that are damaged are left out.
struct file_content {
  partition where;  // of a store's
  std::vector<file_record> records;
  bool damaged = false;
};
std::optional<file_content> read_store_file(const std::string& name, std::string bytes);
std::optional<file_content> read_ingest_file(const std::string& name, std::string bytes);

}  // namespace oklog::history
