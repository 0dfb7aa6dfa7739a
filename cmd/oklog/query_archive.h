// oklog query -files DIRECTORY: the answer that a node on these data directories would give.
#pragma once

#include "cmd/oklog/file_set.h"
#include "cmd/oklog/query_options.h"
#include "oklog/env/env.h"

namespace oklog::cmd {

env::awaitable<int> query_archives(env::environment e, const flags& f, query_options o,
                                   std::vector<named_file> directories);

}  // namespace oklog::cmd
