// The data directories of a node that does not run, opened to be read: nothing in them is created,
// changed or moved. What their node would do at its start (finish segments, put damaged files into
// quarantine) is left to it. Blocking.
#pragma once

#include <string>
#include <vector>

#include "oklog/env/fs.h"
#include "oklog/query/coverage.h"
#include "oklog/store/compact.h"

namespace oklog {

struct archive {
  std::vector<segment_ptr> segments;
  std::vector<block_ref> blocks;  // of ingest segments that no store has taken over yet
  coverage covered;               // names what could not be read
  void add(archive other);
};

// `path` is a data directory (it holds oklog.json) or what holds some, such as `data` with
// `data/ingest` and `data/store`. While it reads their tables a node cannot start on them;
// afterwards every file that is needed is open. Errors: not_found (no data directory there), busy
// (a node runs on one), invalid (a newer format), io.
result<archive> open_archive(env::filesystem& fs, const std::string& path);

}  // namespace oklog
