// What a store does to let go of its copy of a partition (rule K13), as jobs; who decides and asks
// is the node's (node/release.h).
//
//   auto job = log.begin_mark(where, true);  job->run();  log.end_mark(std::move(*job));
//       from here on its catalogue says `releasing`, also after a restart: nobody counts this copy,
//       and whoever asks whether it is held here is told no
//   auto job = log.begin_release(names);     job->run();  log.end_release(std::move(*job));
//       those segments, and no others, are in the trash, until they are purged as retention's are
#pragma once

#include <set>
#include <string>

#include "oklog/env/fs.h"
#include "oklog/segment/store_segment.h"

namespace oklog {

inline constexpr const char* releasing_name = "releasing.json";

// Writes down which partitions are marked.
class mark_job {
 public:
  mark_job(env::filesystem& fs, std::string dir, std::set<partition> marked);
  // Blocking. Success: on disk.
  void run();

 private:
  friend class store_log;
  env::filesystem* fs_;
  std::string dir_;
  std::set<partition> marked_;
  result<> done_ = fail(errc::cancelled, "mark: not run");
};

// What is marked in that directory; none where the file is not there, or cannot be read: then
// whoever marked them asks again.
std::set<partition> read_marks(env::filesystem& fs, const std::string& dir);

}  // namespace oklog
