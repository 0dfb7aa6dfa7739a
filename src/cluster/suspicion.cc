#include "oklog/cluster/suspicion.h"

#include <algorithm>

#include "oklog/cluster/rules.h"

namespace oklog::cluster {

bool suspicion::confirm(const ulid& from) {
  if (from == accuser_ || confirmers_.size() >= wanted_) return false;
  if (std::find(confirmers_.begin(), confirmers_.end(), from) != confirmers_.end()) return false;
  confirmers_.push_back(from);
  return true;
}

boot_time suspicion::deadline() const {
  const auto confirmed = static_cast<unsigned>(confirmers_.size());
  return since_ + suspicion_timeout(lowest_, highest_, confirmed, wanted_);
}

}  // namespace oklog::cluster
