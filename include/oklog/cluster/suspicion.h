// One suspected member, as one node sees it: how long it still has to refute. Starts long, and gets
// shorter with each independent confirmation (Lifeguard's LHA-Suspicion). Pure.
#pragma once

#include <vector>

#include "oklog/base/time.h"
#include "oklog/base/ulid.h"

namespace oklog::cluster {

class suspicion {
 public:
  suspicion(const ulid& accuser, boot_time since, duration lowest, duration highest,
            unsigned wanted)
      : accuser_(accuser), since_(since), lowest_(lowest), highest_(highest), wanted_(wanted) {}

  // True where this is a new, independent voice that was still wanted.
  bool confirm(const ulid& from);
  boot_time deadline() const;

  const ulid& accuser() const { return accuser_; }
  // In the order in which they came.
  const std::vector<ulid>& confirmers() const { return confirmers_; }
  boot_time since() const { return since_; }

  // The last ping before the end has been sent.
  bool asked_again = false;

 private:
  ulid accuser_;
  boot_time since_;
  duration lowest_;
  duration highest_;
  unsigned wanted_;
  std::vector<ulid> confirmers_;
};

}  // namespace oklog::cluster
