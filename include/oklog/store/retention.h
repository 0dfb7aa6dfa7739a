// Retention: whole windows go to the trash by age and by size, and from the trash after a grace
// period. A plan (pure) and a job.
//
// By age: a window is past retention when its end, and so every ULID in it, is older than `retain`
// by the wall clock (R8). By size: the oldest windows while the live files exceed `retain_bytes`;
// never the newest window. Trash is named <file>.<unix ms>.trashed and purged when that time is
// older than `purge`, and was so in two passes at least min(1 h, purge / 10) of boot time apart.
//
// A jump of the wall clock against the boot clock by more than an hour between two passes freezes
// both for a day of boot time, or until the clock has jumped back: the people who watch the gauge
// have that day. Files that are not ours are never touched.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/env/fs.h"
#include "oklog/segment/names.h"
#include "oklog/store/quarantine.h"

namespace oklog {

struct retention_config {
  duration retain = std::chrono::hours(168);
  std::uint64_t retain_bytes = 0;  // 0: any size
  duration purge = std::chrono::hours(24);
};

inline constexpr duration clock_jump_max = std::chrono::hours(1);
inline constexpr duration clock_freeze = std::chrono::hours(24);

// Notices jumps of the wall clock. One a node's store; asked once a pass.
class clock_watch {
 public:
  // True while retention must stand still.
  bool frozen(wall_time wall, boot_time boot);
  std::uint64_t jumps() const { return jumps_; }

 private:
  std::optional<duration> offset_;          // wall - boot at the pass before
  std::optional<duration> trusted_offset_;  // before the jump
  boot_time frozen_since_;
  std::uint64_t jumps_ = 0;
};

struct window_bytes {
  std::uint64_t window;
  std::uint64_t bytes;
};
// The windows to trash, oldest first. `windows` is ascending.
std::vector<std::uint64_t> plan_retention(const std::vector<window_bytes>& windows, wall_time now,
                                          const retention_config& config);

// Remembers since when each trashed file has been due.
class purge_watch {
 public:
  // Names to purge now.
  std::vector<std::string> due(const std::vector<std::string>& trashed, wall_time wall,
                               boot_time boot, duration purge);

 private:
  std::map<std::string, boot_time> since_;
};

class retention_job {
 public:
  struct renamed {
    std::string from;
    std::string to;
  };
  retention_job(env::filesystem& fs, std::string dir, std::vector<renamed> trash,
                std::vector<std::string> purge);
  // Blocking. What fails is left as it was, and counted; the next pass tries it again.
  void run();

 private:
  friend class store_log;  // also for what is let go of (release.h)
  env::filesystem* fs_;
  std::string dir_;
  std::vector<renamed> trash_;
  std::vector<std::string> purge_;
  std::vector<renamed> trashed_;
  std::vector<std::string> purged_;
  // Counted anew: people empty quarantine/.
  result<quarantine_count> quarantined_ = fail(errc::cancelled, "retention: not run");
  std::vector<error> errors_;
};

}  // namespace oklog
