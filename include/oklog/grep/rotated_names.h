// The order of log files that were rotated: oldest first, as far as their names tell.
//
//   app.log.10.gz  app.log.2.gz  app.log.1  app.log       numbers: the highest is the oldest
//   app.log-20261119.zst  app.log-20261120  app.log       dates: the lowest is the oldest
//
// Sets are by name, numbers in it by value (app2 before app10). A pure value.
#pragma once

#include <string>
#include <vector>

namespace oklog::grep {

void sort_rotated(std::vector<std::string>& paths);

}  // namespace oklog::grep
