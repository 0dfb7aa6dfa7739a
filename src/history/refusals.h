// What disks refused because a fault told them to, and whether the nodes said so: a failure of
// which no log speaks is one that nobody will ever look into.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "history/fleet.h"

namespace oklog::history {

class refusals {
 public:
  refusals(sim::world& world, fleet& nodes) : world_(world), nodes_(nodes) {}

  // A machine's disk begins another life: what nobody has said by then nobody can say any more.
  void watch(std::size_t i);
  // Whether nodes keep silent about one, though they have had time to speak. One line may stand for
  // others of its kind: a dying disk must not fill the log. Empty: none does.
  std::string unsaid();
  std::size_t seen() const { return seen_; }

 private:
  struct refusal {
    std::string what;  // "append /data/ingest/x.active"
    std::string says;
    duration at;
  };
  bool said(std::size_t node, const refusal& r) const;

  sim::world& world_;
  fleet& nodes_;
  std::map<std::size_t, std::vector<refusal>> open_;  // by node
  std::size_t seen_ = 0;
};

}  // namespace oklog::history
