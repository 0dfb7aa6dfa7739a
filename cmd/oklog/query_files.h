// oklog query -files: the same search in files that are no store's: plain, gzip and zstd text, and
// the data directories of a node that does not run.
#pragma once

#include "cmd/oklog/query_options.h"

namespace oklog::cmd {

int run_query_files(const flags& f, const query_options& o);

}  // namespace oklog::cmd
