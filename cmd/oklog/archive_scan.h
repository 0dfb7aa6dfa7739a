// A query over what an archive holds, in this process: the answer a node would send.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "oklog/env/env.h"
#include "oklog/query/query.h"
#include "oklog/store/archive.h"

namespace oklog::cmd {

struct archive_answer {
  query_stats stats;
  coverage covered;
};

// Hands the answer's bytes to `take`, as they would come over the wire, until it returns false.
env::awaitable<archive_answer> scan_archive(env::environment e, const query& q, const archive& a,
                                            std::function<bool(std::string_view)> take);

}  // namespace oklog::cmd
